//! `enable_restart_persistency`: the collections are written to a file at a clean stop, and found there at start.

use super::collection::Collection;
use super::image::{self, ImageError, Writer};
use bytes::Bytes;
use module_api::{Env, Fault, Job, Request, Setup};
use std::collections::BTreeMap;
use std::sync::Arc;

type Collections = BTreeMap<String, Arc<Collection>>;

/// A longer file is none of ours.
const FILE_BYTES_MAX: usize = 1 << 30;

/// Keeps the collections over restarts.
pub(super) fn keep(setup: &mut Setup<'_>, collections: &Collections) {
    // Each module has a file of its own beside the name that upstream's memory has.
    let path = format!("{}.cachedb_local", setup.settings.restart_persistency_cache_file);
    let found = collections.clone();
    let recall = Request::Recall { path: path.clone(), bytes_max: FILE_BYTES_MAX };
    setup.at_start(move |_| {
        Job::wait(recall, move |env, answer| Job::Done(answer.recalled().and_then(|image| fill(env, &found, image))))
    });
    let kept = collections.clone();
    setup.at_stop(move |env| {
        let bytes = write(env, &kept);
        Job::wait(Request::Keep { path, bytes }, |_, answer| Job::Done(answer.done()))
    });
}

fn fill(env: &mut Env<'_>, collections: &Collections, image: Option<Bytes>) -> Result<(), Fault> {
    let Some(image) = image else { return Ok(()) };
    let entries = match image::read(&image) {
        Ok(entries) => entries,
        // Nobody else's file is written over at the stop.
        Err(ImageError::Foreign) => return Err(Fault::us("the file of restart_persistency_cache_file is not ours")),
        Err(ImageError::Damaged) => {
            env.log().error("cachedb_local: what was kept over the restart is damaged, the cache begins empty");
            return Ok(());
        }
    };
    let (mut lost, wall) = (0, &env.services.wall);
    for entry in entries {
        let expires = entry.expires.map(|shown| wall.engine_time(shown));
        if expires.is_some_and(|expires| expires <= env.now) {
            continue;
        }
        let collection = std::str::from_utf8(&entry.collection).ok().and_then(|name| collections.get(name));
        let is_stored = collection.is_some_and(|collection| collection.store(entry.key, entry.value, expires).is_ok());
        lost += usize::from(!is_stored);
    }
    if lost > 0 {
        env.log()
            .warning(format!("cachedb_local: {lost} entries of the last run are of collections that are not there"));
    }
    Ok(())
}

fn write(env: &Env<'_>, collections: &Collections) -> Bytes {
    let (mut writer, wall) = (Writer::default(), &env.services.wall);
    for (name, collection) in collections {
        collection.for_each(env.now, |key, value, expires| {
            writer.add(name.as_bytes(), key, value, expires.map(|expires| wall.at(expires)));
        });
    }
    writer.finish()
}
