//! The decisions, driven against a store in memory: any crash, and the next writer ends up with
//! the same objects as one that was never interrupted.

use super::*;
use fude::audit::edge::Edge;
use fude::audit::tiles::{all_tiles, decode_bundle};
use fude::integrity::Digest;

fn row(id: &str, sequence: u64, recorded_at: &str) -> Row {
    Row {
        key: RowKey::of_document("h", id, sequence).unwrap(),
        event: Some(format!("{id} {sequence}").into_bytes()),
        event_sha256: None,
        recorded_at: recorded_at.into(),
        log_index: None,
    }
}

fn names(rows: &[Row]) -> Vec<String> {
    rows.iter().map(|row| format!("{}/{}", &row.key.pk()[6..], row.key.sequence())).collect()
}

#[test]
fn events_of_one_document_enter_in_sequence() {
    // a's second event carries an earlier time than its first: clocks differ
    let rows = [row("a", 1, "3"), row("b", 1, "2"), row("a", 2, "1"), row("a", 3, "4")];
    assert_eq!(names(&next_batch(rows)), ["a/1", "b/1", "a/2", "a/3"]);
}

#[test]
fn logged_events_are_not_logged_twice() {
    let logged = Row { log_index: Some(4), ..row("a", 1, "1") };
    assert_eq!(names(&next_batch([logged, row("a", 2, "2")])), ["a/2"]);
}

#[test]
fn batch_fits_into_a_transaction_and_loses_none() {
    let rows: Vec<_> = (1..=200).map(|sequence| row("a", sequence, "1")).collect();
    let batch = next_batch(rows);
    assert_eq!(batch.len(), MOST_EVENTS);
    assert!(batch.len() + 2 <= 100);
    assert!(batch.iter().zip(1..).all(|(row, sequence)| row.key.sequence() == sequence));
}

#[test]
fn predecessors_are_asked_for_until_one_is_logged_or_gone() {
    let known = |rows: &[Row]| rows.iter().map(|row| (row.key.clone(), Some(row.clone()))).collect::<BTreeMap<_, _>>();
    let mut seen = known(&[row("a", 3, "1"), row("b", 1, "1")]);
    let second = RowKey::of_document("h", "a", 2).unwrap();
    assert_eq!(missing_predecessors(&seen), BTreeSet::from([second.clone()]));
    seen.insert(second.clone(), None);
    assert!(missing_predecessors(&seen).is_empty());
    seen.insert(second, Some(Row { log_index: Some(9), ..row("a", 2, "1") }));
    assert!(missing_predecessors(&seen).is_empty());
}

#[test]
fn malformed_row_takes_its_place_in_the_log() {
    let rows = [row("a", 1, "1")];
    let commit = commit(None, &rows).unwrap();
    assert_eq!(commit.entries.len(), 1);
    let text = String::from_utf8(commit.entries[0].clone()).unwrap();
    assert!(text.contains("fude/malformed-row/1") && text.contains(&Digest::of(b"a 1").to_string()), "{text}");
}

/// Bucket and head, with the edge read back from the objects as the function does.
#[derive(Default)]
struct Store {
    objects: BTreeMap<String, Vec<u8>>,
    head: Option<Head>,
}

impl Store {
    fn edge(&self) -> Edge {
        let published = self.head.as_ref().map_or(0, |head| head.published);
        let key = |tile: &_| layout::tile_key("h", tile);
        Edge::read(published, |tile| self.objects.get(&key(tile)).map(Vec::as_slice)).unwrap()
    }

    /// Publishes the open commit, but crashes before object number `crash`.
    fn publish(&mut self, entries: &[Vec<u8>], crash: usize) -> bool {
        let head = self.head.clone().unwrap();
        let mut edge = self.edge();
        let tiles = edge.grow(entries).unwrap();
        assert_eq!(edge.root(), head.frontier.root());
        for (number, object) in objects("h", head.published, entries, tiles).unwrap().into_iter().enumerate() {
            if number == crash {
                return false;
            }
            let old = self.objects.insert(object.key.clone(), object.bytes.clone());
            assert!(old.is_none_or(|old| old == object.bytes), "{} was overwritten", object.key);
        }
        self.head.as_mut().unwrap().published = head.size();
        true
    }
}

#[test]
fn crash_at_any_object_is_repaired_by_the_next_writer() {
    for crash in 0..8 {
        let mut store = Store::default();
        let mut sequence = 0;
        // Over the border of a tile several times, in commits of every length
        for length in [1, 90, 90, 74, 1, 1, 89, 90, 77, 2, 90] {
            let rows: Vec<_> = (0..length)
                .map(|_| {
                    sequence += 1;
                    row("a", sequence, "1")
                })
                .collect();
            let commit = commit(store.head.clone(), &next_batch(rows)).unwrap();
            store.head = Some(commit.after);
            if !store.publish(&commit.entries, crash) {
                assert!(store.publish(&commit.entries, usize::MAX));
            }
        }
        let head = store.head.unwrap();
        assert_eq!((head.size(), head.published), (605, 605));
        let mut indexes = 0;
        for (key, bytes) in &store.objects {
            if let Some((first, last)) = layout::parse_batch_key("h", key) {
                assert_eq!(first, indexes, "batches follow one another");
                assert_eq!(decode_bundle(bytes).unwrap().len() as u64, last - first + 1);
                indexes = last + 1;
            }
        }
        assert_eq!(indexes, 605);
        assert!(all_tiles(605).all(|tile| store.objects.contains_key(&layout::tile_key("h", &tile))));
    }
}

#[test]
fn evidence_is_locked_and_written_before_what_can_be_rebuilt() {
    let entries: Vec<_> = (0..300_u32).map(|index| index.to_be_bytes().to_vec()).collect();
    let tiles = Edge::empty().grow(&entries).unwrap();
    let objects = objects("h", 0, &entries, tiles).unwrap();
    let listed: Vec<_> = objects.iter().map(|object| (object.key.as_str(), object.locked)).collect();
    assert_eq!(
        listed,
        [
            ("h/batch/000000000000-000000000299", true),
            ("h/tile/entries/000", true),
            ("h/tile/0/000", true),
            ("h/tile/entries/001.p/44", false),
            ("h/tile/0/001.p/44", false),
            ("h/tile/1/000.p/1", false),
        ]
    );
}
