//! Load: machines that run at the pace of real time, and screens that follow them, on one server. Says what a screen gets,
//! how late, and what the server uses.
//!
//!   node browser/load.mjs URL PID [--machines 30] [--screens 100] [--seconds 60]
//!
//! The server must have the demonstration's users. How late a sample is: samples come every 100 ms by the server's clock;
//! a screen's lateness is how much later than that beat each one arrives than the earliest one of the run did.

import { readFileSync } from "node:fs";
import { connect } from "node:net";

const [url, pid] = process.argv.slice(2);
const option = (name, usual) => {
  const at = process.argv.indexOf(`--${name}`);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};
const machines = option("machines", 30);
const screens = option("screens", 100);
const seconds = option("seconds", 60);
const { host, hostname, port } = new URL(url);

async function signIn(login) {
  const headers = { "content-type": "application/json", origin: url };
  const body = JSON.stringify({ login, password: "demo" });
  const answer = await fetch(`${url}/api/login`, { method: "POST", headers, body });
  if (!answer.ok) throw new Error(`${login} cannot sign in: ${await answer.text()}`);
  const cookie = answer.headers.get("set-cookie").split(";")[0];
  return { cookie, csrf: (await answer.json()).csrf };
}

async function post(person, path, body) {
  const headers = { "content-type": "application/json", origin: url, cookie: person.cookie, "x-csrf": person.csrf };
  const answer = await fetch(`${url}/api${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const text = await answer.text();
  if (!answer.ok && answer.status !== 409) throw new Error(`${path}: ${answer.status} ${text}`);
  return text;
}

/** A screen: the WebSocket handshake and frames by hand, so that nothing but Node is needed. */
function screen(person, machine, heard) {
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let waiting = Buffer.alloc(0);
    let open = false;
    socket.on("error", reject);
    socket.on("connect", () => {
      const key = Buffer.from(String(Math.random())).toString("base64").slice(0, 22).padEnd(22, "A");
      socket.write(
        `GET /api/live?machine=${machine} HTTP/1.1\r\nHost: ${host}\r\nOrigin: ${url}\r\nCookie: ${person.cookie}\r\n` +
          `Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ${key}==\r\n\r\n`,
      );
    });
    socket.on("data", (bytes) => {
      waiting = Buffer.concat([waiting, bytes]);
      if (!open) {
        const end = waiting.indexOf("\r\n\r\n");
        if (end < 0) return;
        if (!waiting.subarray(0, end).toString().includes(" 101 ")) return reject(new Error(waiting.toString()));
        open = true;
        waiting = waiting.subarray(end + 4);
        resolve(socket);
      }
      while (waiting.length >= 2) {
        let length = waiting[1] & 127;
        let head = 2;
        if (length === 126) {
          if (waiting.length < 4) return;
          length = waiting.readUInt16BE(2);
          head = 4;
        } else if (length === 127) {
          if (waiting.length < 10) return;
          length = Number(waiting.readBigUInt64BE(2));
          head = 10;
        }
        if (waiting.length < head + length) return;
        heard(waiting[0] & 15, waiting.subarray(head, head + length));
        waiting = waiting.subarray(head + length);
      }
    });
  });
}

/** CPU time of the process so far in s, and its memory in MiB. */
function used() {
  const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");
  const rss = /VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1];
  return { cpu_s: (Number(fields[11]) + Number(fields[12])) / 100, memory_mib: Number(rss) / 1024 };
}

const engineer = await signIn("engineer");
const nurse = await signIn("nurse");
const instructor = await signIn("instructor");
const ids = Array.from({ length: machines }, (_, n) => `m${n + 1}`);
for (const id of ids) {
  await post(engineer, "/machines", { id, label: `Bed ${id.slice(1)}`, kind: "simulated" });
  const run = { protocol: "cd34-autologous", donor: "autologous-74kg", operator: "simulated", warp: 1 };
  await post(nurse, `/machines/${id}/run`, { ...run, seed: Number(id.slice(1)) });
  await post(instructor, `/machines/${id}/pace`, { warp: 1 });
}

const late_ms = [];
const counts = { samples: 0, texts: 0, bytes: 0 };
let listening = false;
const sockets = await Promise.all(
  Array.from({ length: screens }, (_, n) => {
    let base = null;
    return screen(nurse, ids[n % ids.length], (kind, bytes) => {
      if (!listening) return;
      counts.bytes += bytes.length;
      if (kind !== 2) {
        counts.texts += 1;
        return;
      }
      counts.samples += 1;
      // The procedure's clock goes with the wall clock at pace 1.
      const behind = performance.now() - 1000 * bytes.readDoubleLE(4);
      base = base === null ? { least: behind, all: [] } : base;
      base.least = Math.min(base.least, behind);
      base.all.push(behind);
      if (base.all.length === 1) late_ms.push(base);
    });
  }),
);
await new Promise((resolve) => setTimeout(resolve, 5000));
listening = true;
const before = used();
const began = performance.now();
await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
const [after, took_s] = [used(), (performance.now() - began) / 1000];
listening = false;
for (const socket of sockets) socket.destroy();
const all = late_ms.flatMap(({ least, all }) => all.map((behind) => behind - least)).sort((a, b) => a - b);
const at = (part) => Math.round(10 * all[Math.min(all.length - 1, Math.floor(part * all.length))]) / 10;
console.log(
  JSON.stringify({
    machines,
    screens,
    seconds: Math.round(took_s),
    cpu_of_one_core_pct: Math.round((1000 * (after.cpu_s - before.cpu_s)) / took_s) / 10,
    memory_mib: Math.round(after.memory_mib),
    samples_per_screen_per_s: Math.round((100 * counts.samples) / screens / took_s) / 100,
    messages_per_screen_per_s: Math.round((100 * counts.texts) / screens / took_s) / 100,
    kib_per_screen_per_s: Math.round((10 * counts.bytes) / 1024 / screens / took_s) / 10,
    late_ms: { median: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) },
  }),
);
process.exit(0);
