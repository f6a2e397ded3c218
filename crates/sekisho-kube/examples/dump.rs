//! Prints what is read from standard input, values masked: `dump NAME < FILE`.
#![allow(clippy::print_stdout)]

use std::io::Read;

fn main() -> std::io::Result<()> {
    let name = std::env::args().nth(1).unwrap_or_default();
    let mut source = Vec::new();
    std::io::stdin().read_to_end(&mut source)?;
    let manifest = sekisho_kube::read(&source, &name, &sekisho_kube::Limits::default());
    for object in &manifest.objects {
        println!("{:?} {} {:?} {:?}", object.class, object.object, object.range, object.secret_type);
        for field in &object.fields {
            println!(
                "  {} ({}) {:?} {:?} {:?} {} bytes",
                field.path,
                field.key,
                field.kind,
                field.role,
                field.span,
                field.value.len()
            );
        }
        for file in &object.generators {
            println!("  {file:?}");
        }
    }
    for problem in &manifest.problems {
        println!("at byte {}: {}", problem.offset, problem.what);
    }
    println!("{} skipped, fallback: {}", manifest.skipped, manifest.fallback);
    Ok(())
}
