//! The console, killed in the middle of a run: what was acknowledged is there, and the run goes on.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use super::text;

struct Console {
    folder: PathBuf,
    process: Child,
    address: String,
    cookie: String,
    csrf: String,
}

impl Console {
    fn start(folder: PathBuf) -> Self {
        let (process, address) = begin(&folder);
        Self { folder, process, address, cookie: String::new(), csrf: String::new() }
    }

    /// As a power cut would.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn again(&mut self) {
        (self.process, self.address) = begin(&self.folder);
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> (u16, String, Value) {
        let mut stream = TcpStream::connect(&self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
        let body = body.map(Value::to_string).unwrap_or_default();
        let Self { address, cookie, csrf, .. } = self;
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {address}\r\nOrigin: http://{address}\r\nConnection: close\r\n\
             Cookie: {cookie}\r\nx-csrf: {csrf}\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        (status, head.to_owned(), serde_json::from_str(body).unwrap_or_default())
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        let (status, _, answer) = self.ask("POST", path, Some(body));
        (status, answer)
    }

    fn sign_in(&mut self, login: &str) {
        let (status, head, me) = self.ask("POST", "/api/login", Some(&json!({ "login": login, "password": "demo" })));
        assert_eq!(status, 200, "{me}");
        let cookie = head.lines().find_map(|line| line.strip_prefix("set-cookie: ")).unwrap();
        self.cookie = cookie.split(';').next().unwrap().to_owned();
        self.csrf = me["csrf"].as_str().unwrap().to_owned();
    }

    fn live(&self, id: &str) -> Value {
        let (status, _, machines) = self.ask("GET", "/api/machines", None);
        assert_eq!(status, 200, "{machines}");
        let found = machines.as_array().unwrap().iter().find(|machine| machine["id"] == id).unwrap();
        found["live"].clone()
    }

    /// Confirms what is asked for, if anything; true when the server said that it is done and recorded.
    fn confirm(&self, id: &str) -> bool {
        let live = self.live(id);
        let Some(name) = live["request"]["name"].as_str() else { return false };
        let with: serde_json::Map<String, Value> = live["request"]["needs"]
            .as_array()
            .unwrap()
            .iter()
            .map(|need| {
                let given = if need["scan"].is_null() { &need["default"] } else { &need["scan"] };
                (need["name"].as_str().unwrap().to_owned(), given.clone())
            })
            .collect();
        let body = json!({ "action": "confirm", "request": name, "with": with, "why": "as asked" });
        let (status, answer) = self.post(&format!("/api/machines/{id}/actions"), &body);
        status == 200 && answer["recorded"] != json!(false)
    }
}

impl Drop for Console {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn begin(folder: &PathBuf) -> (Child, String) {
    let mut process = Command::new(env!("CARGO_BIN_EXE_leuka"))
        .args(["serve", "--demo", "--listen", "127.0.0.1:0", "--data"])
        .arg(folder)
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .spawn()
        .unwrap();
    let lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
    let address = lines.into_iter().find_map(|line| Some(line.strip_prefix("Console    http://")?.replace('/', "")));
    (process, address.unwrap())
}

#[test]
fn a_console_killed_in_the_middle_of_runs_goes_on_with_all_that_was_acknowledged() {
    let folder = std::env::temp_dir().join(format!("leuka-console-killed-{}", std::process::id()));
    let _ = std::fs::remove_dir_all(&folder);
    let mut console = Console::start(folder.clone());
    console.sign_in("nurse");
    let new = json!({
        "protocol": "cd34-autologous", "donor": "autologous-74kg", "operator": "human", "warp": 60, "seed": 7,
    });
    let (status, told) = console.post("/api/machines/m2/run", &new);
    assert_eq!(status, 200, "{told}");
    let (record, demo) = (told["record"].clone(), console.live("m1")["run"]["record"].clone());
    let mut acknowledged = 0;
    for kill_ms in [30, 430, 1170] {
        let mut steps = 0;
        while steps < 3 {
            if console.confirm("m2") {
                (acknowledged, steps) = (acknowledged + 1, steps + 1);
            }
            std::thread::sleep(Duration::from_millis(20));
        }
        std::thread::sleep(Duration::from_millis(kill_ms));
        let before = [console.live("m1"), console.live("m2")];
        console.kill();
        console.again();
        // The session outlives the server too.
        while ["m1", "m2"].iter().any(|id| console.live(id)["phase"] == "resuming") {
            std::thread::sleep(Duration::from_millis(50));
        }
        let after = [console.live("m1"), console.live("m2")];
        for (id, (before, after)) in before.iter().zip(&after).enumerate() {
            assert_eq!(before["run"]["record"], after["run"]["record"], "machine {id}");
            let (was, is) = (before["time_s"].as_f64().unwrap(), after["time_s"].as_f64().unwrap());
            let warp = before["warp"].as_f64().unwrap();
            // A second of the wall clock is what may wait for the disk.
            assert!(is >= was - 2.5 * warp, "machine {id}: {is} s after {was} s");
        }
    }
    let id = record.as_str().unwrap();
    let (status, _, page) = console.ask("GET", &format!("/api/records/{id}"), None);
    assert_eq!((status, &page["state"], &page["verified"]), (200, &json!("open"), &json!(true)), "{page}");
    let (_, _, trail) = console.ask("GET", &format!("/api/records/{id}/trail.json"), None);
    let bodies = |kind: &str| -> Vec<Value> {
        let entries = trail["entries"].as_array().unwrap().iter().filter(|entry| entry["kind"] == kind);
        entries.map(|entry| serde_json::from_str(entry["body"].as_str().unwrap()).unwrap()).collect()
    };
    let done = bodies("act").iter().filter(|act| act["action"] == "do").count();
    assert_eq!(done, acknowledged, "every acknowledged step is in the record, once");
    let resumed = bodies("act").iter().filter(|act| act["action"] == "resume").count();
    assert_eq!(resumed, 3);
    let seconds: Vec<f64> = bodies("sample").iter().map(|sample| sample[0].as_f64().unwrap()).collect();
    assert!(
        seconds.windows(2).all(|pair| (pair[1] - pair[0] - 1.0).abs() < 1e-6),
        "no second is missing or there twice"
    );
    let confirmed = bodies("event").iter().filter(|event| event["kind"] == "confirmed").count();
    assert!(confirmed <= acknowledged && confirmed + 1 >= acknowledged, "{confirmed} of {acknowledged}");
    console.kill();
    let verified = Command::new(env!("CARGO_BIN_EXE_leuka"))
        .args(["record", "verify", "--store"])
        .arg(folder.join("record.sqlite"))
        .output()
        .unwrap();
    let told = text(&verified.stdout);
    assert!(verified.status.success() && told.contains(demo.as_str().unwrap()) && told.contains(id), "{told}");
}
