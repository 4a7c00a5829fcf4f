//! A server for the journeys: started on a free port with a store of its own, killed, and started again on the same store.

import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";

const LEUKA = process.env["LEUKA"] ?? "../target/release/leuka";

export class Server {
  readonly data = mkdtempSync(join(tmpdir(), "leuka-browser-"));
  /** What it printed, for the set-up link and for when it fails. */
  printed = "";
  private process: ChildProcess | null = null;

  private constructor(
    readonly port: number,
    private readonly demo: boolean,
  ) {}

  static async start(demo = true): Promise<Server> {
    const server = new Server(await freePort(), demo);
    await server.begin();
    return server;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async begin(): Promise<void> {
    const mode = this.demo ? ["--demo"] : [];
    const listen = ["--listen", `127.0.0.1:${this.port}`, "--data", this.data];
    this.process = spawn(LEUKA, ["serve", ...mode, ...listen], { stdio: ["ignore", "pipe", "pipe"] });
    for (const stream of [this.process.stdout, this.process.stderr]) {
      stream?.on("data", (text) => {
        this.printed += text;
      });
    }
    await this.answers();
  }

  /** Ends it at once, as a power cut would. */
  async kill(): Promise<void> {
    const ended = new Promise((resolve) => this.process?.once("exit", resolve));
    this.process?.kill("SIGKILL");
    await ended;
  }

  async end(): Promise<void> {
    await this.kill();
    rmSync(this.data, { recursive: true, force: true });
  }

  private async answers(): Promise<void> {
    for (let tries = 0; tries < 150; tries += 1) {
      const answer = await fetch(`${this.url}/api/status`).catch(() => null);
      if (answer?.ok) return;
      if (this.process?.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 200));
    }
    throw new Error(`${LEUKA} serve does not answer on ${this.url}; it printed:\n${this.printed}`);
  }
}

function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once("error", reject);
    probe.listen(0, "127.0.0.1", () => {
      const address = probe.address();
      const port = typeof address === "object" && address ? address.port : 0;
      probe.close(() => resolve(port));
    });
  });
}
