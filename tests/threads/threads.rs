// SPDX-License-Identifier: GPL-2.0-or-later
// Threads, channels, locks, a panic that is caught and one that ends a thread; a child process.
use std::collections::HashMap;
use std::process::Command;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{mpsc, Arc, Barrier, Condvar, Mutex, RwLock};
use std::{panic, thread, time::Duration};

fn main() {
    panic::set_hook(Box::new(|info| println!("panic: {}", info.payload().downcast_ref::<&str>().unwrap_or(&"?"))));
    let (tx, rx) = mpsc::channel();
    let handles: Vec<_> = (0..8i64)
        .map(|i| {
            let tx = tx.clone();
            thread::spawn(move || (0..1000).for_each(|j| tx.send(i * j).unwrap()))
        })
        .collect();
    drop(tx);
    println!("sum {}", rx.iter().sum::<i64>());
    handles.into_iter().for_each(|h| h.join().unwrap());

    println!("caught {}", panic::catch_unwind(|| panic!("caught")).is_err());
    println!("joined {}", thread::spawn(|| panic!("in a thread")).join().is_err());

    let shared = Arc::new((Mutex::new(0u64), Condvar::new(), RwLock::new(HashMap::new()), AtomicU64::new(0)));
    let barrier = Arc::new(Barrier::new(4));
    let handles: Vec<_> = (0..4u64)
        .map(|i| {
            let (s, b) = (shared.clone(), barrier.clone());
            thread::Builder::new().name(format!("worker {}", i)).stack_size(128 * 1024).spawn(move || {
                b.wait();
                for k in 0..500 {
                    *s.0.lock().unwrap() += k;
                    s.3.fetch_add(1, Ordering::SeqCst);
                    if k % 50 == 0 {
                        s.2.write().unwrap().insert(i * 1000 + k, k);
                    }
                }
                s.1.notify_all();
                thread::current().name().unwrap().len()
            })
        })
        .map(|h| h.unwrap())
        .collect();
    let mut guard = shared.0.lock().unwrap();
    while *guard < 4 * 124750 {
        guard = shared.1.wait_timeout(guard, Duration::from_millis(50)).unwrap().0;
    }
    drop(guard);
    println!("names {}", handles.into_iter().map(|h| h.join().unwrap()).sum::<usize>());
    println!("{} {} {}", shared.0.lock().unwrap(), shared.3.load(Ordering::SeqCst), shared.2.read().unwrap().len());

    let data: Vec<u64> = (0..10000).collect();
    let parts: u64 = thread::scope(|s| {
        data.chunks(2500).map(|c| s.spawn(move || c.iter().sum::<u64>())).collect::<Vec<_>>()
            .into_iter().map(|h| h.join().unwrap()).sum()
    });
    println!("scoped {}", parts);
    let out = Command::new("/bin/busybox").args(["echo", "from a child"]).output().unwrap();
    print!("{}", String::from_utf8_lossy(&out.stdout));
    println!("no such program: {:?}", Command::new("/no/such").status().unwrap_err().kind());
}
