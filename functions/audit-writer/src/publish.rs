//! Steps 6 to 9: what a commit holds becomes objects, a signed checkpoint, and `published`.
//!
//! Every step can be repeated by several writers at once. Each waits for its write to be
//! durable before the next begins, so a checkpoint never names what is not there.

use fude::audit::checkpoint::{Checkpoint, origin};
use fude::audit::edge::{Edge, TileObject};
use fude::audit::{LogName, layout};

use crate::error::Error;
use crate::plan::{self, Head, Object};
use crate::writer::Writer;

impl Writer {
    /// Publishes the commit that led from `head.published` to `head`.
    pub async fn publish(&self, log: &LogName, head: &Head, entries: &[Vec<u8>]) -> Result<(), Error> {
        let tiles = self.grown_tiles(log, head, entries).await?;
        for object in plan::objects(log.as_str(), head.published, entries, tiles)? {
            // A crash leaves some of the objects, which no checkpoint names yet; the next
            // writer derives the same bytes and writes the rest
            self.bucket.put_once(&object).await?;
        }

        let root = head.frontier.root();
        let checkpoint = Checkpoint { origin: origin(log.as_str()), size: head.size(), root };
        let note = self.signer.sign(&checkpoint, head.key_id.as_deref()).await?;
        // A crash leaves a complete, signed tree that the pointer does not name and `published`
        // does not count; the next writer signs again, with the same bytes
        self.bucket
            .put_once(&Object {
                key: layout::checkpoint_key(log.as_str(), head.size()),
                bytes: note.clone().into_bytes(),
                locked: true,
            })
            .await?;

        // A crash leaves the pointer moved and `published` low; the next writer does both again
        let key = self.signer.log_key(&checkpoint.origin, head.key_id.as_deref()).await?;
        self.bucket.point_to(log, &note, head.size(), &key).await?;

        // A crash before leaves one repetition of all this; after it there is nothing to repair
        self.table.raise_published(log, head.size()).await
    }

    /// The tiles of the commit, proved to lead to the root that the transaction fixed.
    async fn grown_tiles(&self, log: &LogName, head: &Head, entries: &[Vec<u8>]) -> Result<Vec<TileObject>, Error> {
        if let Some(edge) = self.stored_edge(log, head.published).await?
            && let Some(tiles) = grow(edge, entries, head)?
        {
            return Ok(tiles);
        }
        // Partial tiles are unlocked and may be damaged; batches and full tiles are not
        tracing::warn!(
            hospital.id = log.hospital(),
            log.name = log.as_str(),
            log.size = head.published,
            "partial tiles are damaged: built anew"
        );
        let edge = self.rebuilt_edge(log, head.published).await?;
        grow(edge, entries, head)?.ok_or(Error::Root { size: head.size() })
    }
}

fn grow(mut edge: Edge, entries: &[Vec<u8>], head: &Head) -> Result<Option<Vec<TileObject>>, Error> {
    let tiles = edge.grow(entries)?;
    Ok((edge.size() == head.size() && edge.root() == head.frontier.root()).then_some(tiles))
}
