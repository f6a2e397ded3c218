//! A big store, to measure with.

use std::io::{self, Seek, SeekFrom, Write};

use super::{Rev, branch, inline, leaf, meta, noise, object, sealed, stale};

const PAGE: usize = 4096;

/// A cluster that runs: sealed Secrets of about a kilobyte, pods, leases and events in plain, every
/// fourth record an older revision or deleted, a fifth of the pages free. It is
/// written page by page to `file`, whose position is its beginning.
///
/// # Errors
/// When it cannot be written.
pub fn running_cluster(file: &mut (impl Write + Seek), size: u64) -> io::Result<()> {
    file.write_all(&vec![0; 2 * PAGE])?;
    let mut pages = 2u64;
    let mut children = Vec::new();
    let mut revision = 10u64;
    let (cipher, pod) = (sealed(4096, 1), object("v1", "Pod", &noise(2400, 2)));
    let event = object("v1", "Event", &b"message: something happened to an object. ".repeat(12));
    while pages * (PAGE as u64) < size {
        let mut group = Vec::new();
        let mut used = 16;
        loop {
            revision += 1;
            let n = revision;
            let rev = match n % 8 {
                0..=2 => {
                    let mut value = cipher[..23].to_vec();
                    value.extend(&cipher[23 + (n % 100) as usize * 16..][..800 + (n % 30) as usize * 16]);
                    Rev::put(n, &format!("/registry/secrets/team-{}/secret-{}", n % 50, n / 4), value)
                }
                3 | 4 => Rev::put(n, &format!("/registry/pods/team-{}/pod-{n}", n % 50), pod.clone()),
                5 | 6 => Rev::put(n, &format!("/registry/events/team-{}/event.{n}", n % 50), event.clone()),
                _ if n % 16 == 7 => Rev::delete(
                    n,
                    &format!("/registry/events/team-{}/event.{}", n % 50, n.saturating_sub(100).max(1)),
                ),
                _ => Rev::put(
                    n,
                    &format!("/registry/leases/kube-node-lease/node-{}", n % 5000),
                    event[..200].to_vec(),
                ),
            };
            let element = rev.element();
            used += 16 + element.1.len() + element.2.len();
            group.push(element);
            if used + 1000 > PAGE {
                break;
            }
        }
        let page = leaf(PAGE, pages, &group);
        children.push((group[0].1.clone(), pages));
        pages += (page.len() / PAGE) as u64;
        file.write_all(&page)?;
        if pages.is_multiple_of(4) {
            let free = match pages % 12 {
                0 => leaf(PAGE, pages, &group),
                4 => vec![0; PAGE],
                _ => stale(PAGE, pages, &[Rev::put(revision, "/registry/secrets/a/b", sealed(2800, 3))]),
            };
            pages += (free.len() / PAGE) as u64;
            file.write_all(&free)?;
        }
    }
    while children.len() > 1 {
        let groups: Vec<_> = children.chunks(100).map(<[_]>::to_vec).collect();
        children.clear();
        for group in groups {
            children.push((group[0].0.clone(), pages));
            let page = branch(PAGE, pages, &group);
            pages += (page.len() / PAGE) as u64;
            file.write_all(&page)?;
        }
    }
    let key = [children[0].1.to_le_bytes(), [0; 8]].concat();
    let own = inline(&[(0, b"term".to_vec(), 2u64.to_be_bytes().to_vec())]);
    file.write_all(&leaf(PAGE, pages, &[(1, b"key".to_vec(), key), (1, b"meta".to_vec(), own)]))?;
    file.seek(SeekFrom::Start(0))?;
    file.write_all(&meta(PAGE, 0, pages, pages + 1, 8))?;
    file.write_all(&meta(PAGE, 1, pages, pages + 1, 9))?;
    Ok(())
}
