use std::sync::OnceLock;

use leuka_procedure::{Event, Inputs, Outcome, Run, Sample, Sources};
use leuka_record::entry::{Stored, chained};
use leuka_record::{Error, Key, Meaning, Role, State, Store, Writer, verify};
use serde_json::{Value, json};

use crate::bench::{Folder, at, block, nurse, sqlite};

struct Made {
    inputs: Inputs,
    seconds: Vec<(Sample, Vec<Event>)>,
    outcome: Outcome,
}

/// A short run, made once.
fn made() -> &'static Made {
    static MADE: OnceLock<Made> = OnceLock::new();
    MADE.get_or_init(|| {
        let overrides = ["protocol.target.time_min=40", "protocol.observation_min=0"]
            .map(|text| leuka_procedure::file::Override::parse(text).unwrap());
        let inputs = Inputs::read(&Sources { overrides: overrides.into(), ..Sources::default() }).unwrap();
        let mut run = Run::new(&inputs).unwrap();
        let mut seconds = Vec::new();
        while run.is_running() {
            let sample = run.second();
            seconds.push((sample, run.take_events()));
        }
        Made { inputs, seconds, outcome: run.outcome() }
    })
}

/// A record of a run that is over.
pub(crate) async fn finished(store: &Store, id: &str) {
    let made = made();
    let mut writer = Writer::open(store, id, &made.inputs, nurse(), at(0)).await.unwrap();
    for (second, (sample, events)) in (1..).zip(&made.seconds) {
        for event in events {
            writer.event(event, at(second)).unwrap();
        }
        writer.sample(sample).unwrap();
    }
    writer.outcome(&made.outcome, &std::collections::VecDeque::new(), at(10_000)).unwrap();
    writer.flush().await.unwrap();
}

#[test]
fn a_record_holds_every_event_and_sample_of_the_run_and_its_outcome() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        finished(&store, "R-1").await;
        let record = store.load("R-1").await.unwrap();
        let made = made();
        assert_eq!(record.state, State::Ended);
        assert_eq!(record.samples.len(), made.seconds.len());
        for (stored, (sample, _)) in record.samples.iter().zip(&made.seconds) {
            let same = stored
                .iter()
                .zip(sample.values())
                .all(|(one, other)| one.to_bits() == other.to_bits() || (one.is_nan() && other.is_nan()));
            assert!(same, "{stored:?} is not {sample:?}");
        }
        let events: Vec<&Event> = made.seconds.iter().flat_map(|(_, events)| events).collect();
        assert_eq!(record.events.len(), events.len());
        assert!(
            record
                .events
                .iter()
                .zip(&events)
                .all(|(stored, event)| stored.text == event.text && stored.at_s == event.at_s)
        );
        let told = record.ended.unwrap().outcome["dose_1e6_per_kg"].as_f64().unwrap();
        assert!((told - made.outcome.dose_1e6_per_kg).abs() < 1e-12);
        assert_eq!(record.opened.inputs["protocol"]["name"], "cd34-autologous");
    });
}

#[test]
fn a_record_closes_only_when_it_is_complete_and_is_then_amended_only() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        finished(&store, "R-1").await;
        let password = "correct horse battery";
        store.add_user("nora", "Nora Nurse", Role::Nurse, password).await.unwrap();
        store.add_user("petra", "Dr Petra Physician", Role::Physician, password).await.unwrap();
        let by = nurse();
        let refused = store.close_record("R-1", &by, "done", at(1)).await;
        let Err(Error::Incomplete { missing, .. }) = refused else { panic!("{refused:?}") };
        assert_eq!(missing.len(), 7, "{missing:?}");
        store.check_identity("R-1", "PT-0074", "PT-0074", &by, at(2)).await.unwrap();
        store.enter("R-1", "product.din", json!("A999926123456"), &by, "", at(3)).await.unwrap();
        store.enter("R-1", "product.counts", json!({ "cd34_per_ul": 2000.0 }), &by, "", at(4)).await.unwrap();
        store.enter("R-1", "product.reconciled", json!({ "dose_1e6_per_kg": 4.2 }), &by, "", at(5)).await.unwrap();
        store.enter("R-1", "product.label_scanned", json!(true), &by, "", at(6)).await.unwrap();
        store.sign("R-1", "nora", password, Meaning::Authorship, at(7)).await.unwrap();
        store.sign("R-1", "petra", password, Meaning::Review, at(8)).await.unwrap();
        store.close_record("R-1", &by, "complete", at(9)).await.unwrap();
        assert_eq!(store.search("A999926123456", 10).await.unwrap()[0].state, "closed");

        let silent = store.enter("R-1", "product.counts", json!({ "cd34_per_ul": 2100.0 }), &by, " ", at(10)).await;
        assert!(silent.unwrap_err().to_string().contains("why product.counts is amended"));
        store
            .enter("R-1", "product.counts", json!({ "cd34_per_ul": 2100.0 }), &by, "transcribed wrongly", at(11))
            .await
            .unwrap();
        let record = store.load("R-1").await.unwrap();
        assert_eq!(record.state, State::Closed);
        let history = &record.facts["product.counts"].history;
        assert_eq!(history.len(), 2);
        assert_eq!((&history[1].old["cd34_per_ul"], &history[1].new["cd34_per_ul"]), (&json!(2000.0), &json!(2100.0)));
        assert_eq!(history[1].reason, "transcribed wrongly");
        assert!(store.verify("R-1", None).await.unwrap().fault.is_none());
    });
}

#[test]
fn identifiers_that_do_not_agree_refuse_the_step_and_the_attempt_is_in_the_trail() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        finished(&store, "R-1").await;
        for (wristband, bag) in [("PT-0075", "PT-0074"), ("PT-0074", "PT-0047"), ("", "PT-0074")] {
            let refused = store.check_identity("R-1", wristband, bag, &nurse(), at(1)).await;
            assert!(matches!(refused, Err(Error::Identity { .. })), "{refused:?}");
        }
        let record = store.load("R-1").await.unwrap();
        assert_eq!(record.acts.iter().filter(|act| act.action == "refuse").count(), 3);
        assert!(record.fact("identity.checked").is_none());
    });
}

#[test]
fn a_donation_number_is_given_once() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        finished(&store, "R-1").await;
        finished(&store, "R-2").await;
        store.enter("R-1", "product.din", json!("A999926123456"), &nurse(), "", at(1)).await.unwrap();
        let again = store.enter("R-2", "product.din", json!("A999926123456"), &nurse(), "", at(2)).await;
        assert!(matches!(again, Err(Error::DinUsed { .. })), "{again:?}");
        assert_eq!(store.load("R-2").await.unwrap().acts[0].action, "refuse");
        assert_eq!(store.with_din("A999926123456").await.unwrap().as_deref(), Some("R-1"));
    });
}

/// A trail of some twenty entries with its checkpoint.
fn trail() -> (Vec<Stored>, Vec<leuka_record::Checkpoint>, String) {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        let made = made();
        let mut writer = Writer::open(&store, "R-1", &made.inputs, nurse(), at(0)).await.unwrap();
        for (second, (sample, events)) in (1..).zip(made.seconds.iter().skip(640).take(10)) {
            for event in events {
                writer.event(event, at(second)).unwrap();
            }
            writer.sample(sample).unwrap();
        }
        writer.flush().await.unwrap();
        store.enter("R-1", "product.din", json!("A999926123456"), &nurse(), "", at(20)).await.unwrap();
        let key = Key::generate().unwrap();
        store.checkpoint("R-1", &key, at(21)).await.unwrap();
        (store.entries("R-1").await.unwrap(), store.checkpoints("R-1").await.unwrap(), key.public())
    })
}

#[test]
fn every_change_of_one_byte_is_named_at_its_entry() {
    let (entries, checkpoints, key) = trail();
    assert!(verify("R-1", &entries, &checkpoints, Some(&key)).fault.is_none());
    let mut changes = 0;
    for at in 0..entries.len() {
        let moved = Stored { seq: entries[at].seq + 1, ..entries[at].clone() };
        let mut changed = entries.clone();
        changed[at] = moved;
        assert_eq!(verify("R-1", &changed, &checkpoints, Some(&key)).fault.unwrap().seq, entries[at].seq);
        for part in 0..3 {
            let length = [entries[at].body.len(), entries[at].hash.len(), entries[at].kind.len()][part];
            for byte in 0..length {
                let mut changed = entries.clone();
                let Stored { body, hash, kind, .. } = &mut changed[at];
                let text = [body, hash, kind].into_iter().nth(part).unwrap();
                let mut bytes = text.clone().into_bytes();
                bytes[byte] ^= 1;
                let Ok(other) = String::from_utf8(bytes) else { continue };
                *text = other;
                let fault = verify("R-1", &changed, &checkpoints, Some(&key)).fault.unwrap();
                assert_eq!(fault.seq, entries[at].seq, "byte {byte} of part {part} of entry {at}: {}", fault.what);
                changes += 1;
            }
        }
    }
    assert!(changes > 3000, "{changes} changes were tried");
    for byte in 0..checkpoints[0].signature.len() + checkpoints[0].hash.len() + checkpoints[0].signer.len() {
        let mut changed = checkpoints.clone();
        let leuka_record::Checkpoint { signature, hash, signer, .. } = &mut changed[0];
        let lengths = [signature.len(), signature.len() + hash.len()];
        let (text, at) = match byte {
            at if at < lengths[0] => (signature, at),
            at if at < lengths[1] => (hash, at - lengths[0]),
            at => (signer, at - lengths[1]),
        };
        let other = if text.as_bytes()[at] == b'0' { "1" } else { "0" };
        text.replace_range(at..=at, other);
        let fault = verify("R-1", &entries, &changed, Some(&key)).fault.unwrap();
        assert_eq!(fault.seq, checkpoints[0].seq, "byte {byte} of the checkpoint: {}", fault.what);
    }
}

#[test]
fn a_deletion_an_exchange_an_insertion_and_a_cut_off_end_are_named() {
    let (entries, checkpoints, key) = trail();
    let at = |changed: &[Stored]| verify("R-1", changed, &checkpoints, Some(&key)).fault.map(|fault| fault.seq);
    let last = entries.len();
    for place in 0..last {
        let mut without = entries.clone();
        without.remove(place);
        assert_eq!(at(&without), Some(place as i64 + 1), "without entry {}", place + 1);
        for other in place + 1..last {
            let mut exchanged = entries.clone();
            exchanged.swap(place, other);
            assert_eq!(at(&exchanged), Some(place as i64 + 1), "entries {} and {} exchanged", place + 1, other + 1);
        }
        assert_eq!(at(&entries[..place]), Some(place as i64 + 1), "cut off after entry {place}");
        let mut twice = entries.clone();
        twice.insert(place, entries[place].clone());
        assert_eq!(at(&twice), Some(place as i64 + 2), "entry {} twice", place + 1);
    }
    // Who knows how the hashes are made can write the rest anew, but cannot sign it.
    let mut anew = entries.clone();
    anew[last - 2].body = "[]".into();
    let mut before = entries[last - 3].hash.clone();
    for entry in &mut anew[last - 2..] {
        entry.hash = chained(&before, "R-1", entry.seq, &entry.kind, &entry.body);
        before.clone_from(&entry.hash);
    }
    let fault = verify("R-1", &anew, &checkpoints, Some(&key)).fault.unwrap();
    assert!(fault.what.contains("written anew"), "{}", fault.what);
    let other = Key::generate().unwrap();
    assert!(verify("R-1", &entries, &checkpoints, Some(&other.public())).fault.unwrap().what.contains("another key"));
    let mut forged = checkpoints.clone();
    forged[0].utc_ms += 1;
    assert!(verify("R-1", &entries, &forged, Some(&key)).fault.unwrap().what.contains("signature"));
}

#[test]
fn the_clock_set_back_shows_and_spoils_nothing() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        finished(&store, "R-1").await;
        store.enter("R-1", "note", json!("before"), &nurse(), "", at(20)).await.unwrap();
        let back = leuka_record::Moment { utc_ms: at(20).utc_ms - 3_600_000, monotonic_us: at(21).monotonic_us };
        store.enter("R-1", "note", json!("after"), &nurse(), "the clock was set back", back).await.unwrap();
        let record = store.load("R-1").await.unwrap();
        let [first, second] = record.acts.as_slice() else { panic!("{:?}", record.acts) };
        assert!(second.at.utc_ms < first.at.utc_ms && second.at.monotonic_us > first.at.monotonic_us);
        assert!(store.verify("R-1", None).await.unwrap().fault.is_none());
    });
}

#[test]
fn the_clock_set_back_during_a_run_changes_neither_its_order_nor_its_times() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        let made = made();
        let mut writer = Writer::open(&store, "R-1", &made.inputs, nurse(), at(0)).await.unwrap();
        for (second, (sample, events)) in (1..).zip(&made.seconds) {
            let hour_back = if second > 1000 { 3_600_000 } else { 0 };
            let moment = leuka_record::Moment { utc_ms: at(second).utc_ms - hour_back, ..at(second) };
            for event in events {
                writer.event(event, moment).unwrap();
            }
            writer.sample(sample).unwrap();
        }
        writer.flush().await.unwrap();
        let before = at(-3600);
        store.interrupt("R-1", before).await.unwrap();
        store.resume("R-1", &nurse(), "the clock was set back", before).await.unwrap();
        let record = store.load("R-1").await.unwrap();
        assert_eq!(record.state, State::Open);
        let utc: Vec<i64> = record.events.iter().map(|event| event.at.utc_ms).collect();
        assert!(!utc.is_sorted(), "the wall clock shows what happened");
        assert!(record.events.is_sorted_by_key(|event| event.at.monotonic_us));
        // The last second ends with the run.
        assert!(record.column("time_s").iter().zip(1..).all(|(time, second)| time.ceil() == f64::from(second)));
        assert!(store.verify("R-1", None).await.unwrap().fault.is_none());
        // Exports tell the calendar from the beginning and the seconds of the procedure.
        let bundle = leuka_record::export::fhir::bundle(&record).unwrap();
        let start = at(0).utc();
        let told = bundle["entry"]
            .as_array()
            .unwrap()
            .iter()
            .filter_map(|entry| entry["resource"]["effectiveDateTime"].as_str());
        assert!(told.clone().count() > 10 && told.clone().all(|time| time >= start.as_str()), "{start}");
    });
}

#[test]
fn a_search_takes_its_text_as_it_is() {
    let folder = Folder::new();
    block(async {
        let store = sqlite(&folder).await;
        finished(&store, "R_1").await;
        finished(&store, "R-2%").await;
        let found = |text: &'static str| {
            let store = store.clone();
            async move { store.search(text, 10).await.unwrap().into_iter().map(|one| one.id).collect::<Vec<_>>() }
        };
        assert_eq!(found("R_").await, ["R_1"]);
        assert_eq!(found("%").await, ["R-2%"]);
        assert_eq!(found("PT-0074").await.len(), 2);
        assert_eq!(found("'; DROP TABLE records; --").await.len(), 0);
        assert!(matches!(store.load("nothing").await, Err(Error::NoRecord(_))));
        assert!(matches!(Store::open("mysql://somewhere").await, Err(Error::Address(_))));
        let _: Value = json!(store.search("", 1).await.unwrap());
    });
}
