//! Writes profiles in SQLite: takes the lock that OpenClaw takes for a profile, and replaces its rows (`write_row`).
//!
//! All agents' profiles of one id have one lock. So up to 32 of their databases are written under one taking of it, several
//! at once. Then nothing waits under the lock: a database that another process writes at that moment comes later, by
//! itself.

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Instant;

use crate::model::exit::Code;
use crate::openclaw::lock::{self, Lock, Payloads, Protocol, Request, of_profile};
use crate::openclaw::sqlite::view;
use crate::settings::options::Options;
use crate::sync::deliver::Delivered;
use crate::sync::sqlite_jobs::{Context, Job, batches};
use crate::sync::write_row::{self, Inode, moved, refuse_place};
use crate::sys::locked::Blocked;
use crate::sys::side_by_side;

/// How many databases are written at the same time.
const WORKERS: usize = 8;

/// Brings profiles in step. The results are in the order of the jobs.
pub fn deliver(jobs: &[Job<'_>], context: Context<'_>) -> Vec<Delivered> {
    let payloads = Payloads::default();
    let mut results: Vec<Delivered> = jobs.iter().map(|_| Err(Blocked::Interrupted)).collect();
    let mut again = Vec::new();
    for batch in batches(jobs) {
        let of_batch: Vec<&Job<'_>> = batch.iter().map(|index| &jobs[*index]).collect();
        for (index, tried) in batch.iter().zip(write(&of_batch, context, &payloads)) {
            let is_busy = |why: &Blocked| matches!(why, Blocked::Failed(why) if why.failure == Some(Code::Busy));
            if batch.len() > 1 && tried.as_ref().is_ok_and(|result| result.as_ref().is_err_and(is_busy)) {
                again.push(*index);
            }
            results[*index] = tried.unwrap_or_else(Err);
        }
    }
    for index in again {
        results[index] = write(&[&jobs[index]], context, &payloads).remove(0).unwrap_or_else(Err);
    }
    results
}

/// What came of a database of a batch; an error where it did not get so far as to open it.
type Tried = Result<Delivered, Blocked>;

/// Writes the rows of jobs that have the same locks.
fn write(batch: &[&Job<'_>], context: Context<'_>, payloads: &Payloads) -> Vec<Tried> {
    let places: Vec<Result<Inode, Blocked>> =
        batch.iter().map(|job| refuse_place(&job.path).map_err(Blocked::Failed)).collect();
    let locks = match batch.iter().zip(&places).find(|(_, place)| place.is_ok()) {
        Some((job, _)) => locks(job, context.options, payloads),
        None => Ok(Vec::new()),
    };
    // The plan may be seconds old. OpenClaw's refreshes wait for this lock now, so the answer holds from here on.
    let (moment, deadline) = (context.options.moment(), context.options.deadline);
    let forbidden = match (batch.first(), &locks) {
        (Some(job), Ok(locks)) if !locks.is_empty() => view::forbids(job.dir, moment, deadline),
        _ => Ok(None),
    };
    let deadline = if batch.len() == 1 { deadline } else { Instant::now() };
    let mut seen = HashSet::new();
    let work: Vec<_> = batch
        .iter()
        .zip(places)
        .map(|(job, place)| {
            let is_first = place.as_ref().map_or(true, |file| seen.insert(*file));
            (job, place, is_first)
        })
        .collect();
    side_by_side::each(&work, WORKERS, |(job, place, is_first)| {
        let file = place.clone()?;
        let locks = locks.as_ref().map_err(Clone::clone)?;
        let may_go_on = || {
            if crate::sys::signal::received() {
                return Err(Blocked::Interrupted);
            }
            if locks.iter().all(Lock::is_held) { Ok(()) } else { Err(moved(job, "its lock was taken over")) }
        };
        if let Some(why) = forbidden.clone()? {
            return Err(moved(job, why.pattern()));
        }
        may_go_on()?;
        // SQLite's locks are the process's: two threads must not write one file.
        if !is_first {
            return Ok(Err(moved(job, "another agent has the same database")));
        }
        Ok(write_row::write(job, file, context, deadline, may_go_on))
    })
}

/// Takes the locks on a job's profile.
fn locks(job: &Job<'_>, options: &Options, payloads: &Payloads) -> Result<Vec<Lock>, Blocked> {
    if crate::sys::signal::received() {
        return Err(Blocked::Interrupted);
    }
    of_profile::prepare(&job.dir.path)?;
    let container = job.dir.border.container;
    let take = |store: &PathBuf| {
        let request = Request { store, protocol: Protocol::File, container, deadline: options.deadline };
        lock::acquire(&request, payloads)
    };
    job.locks().iter().map(take).collect()
}
