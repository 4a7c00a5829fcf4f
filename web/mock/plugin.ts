//! Stands in for the server while the page is written: plays a recorded run folder (`leuka run --out`) through the
//! contract. Development only: `LEUKA_MOCK=<folder with out/ and plan.json> npm run dev`.

import { readFileSync } from "node:fs";
import type { IncomingMessage, Server, ServerResponse } from "node:http";
import type { Connect, Plugin } from "vite";
import { WebSocketServer } from "ws";
import { World } from "./world.ts";

const CSP = "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'";

export function mock(folder: string): Plugin {
  const begin = (http: unknown, middlewares: Connect.Server) => {
    const worlds = ["m1", "m2", "m3", "m4"].map((id) => new World(folder, id));
    worlds.forEach((world, n) => {
      world.at = 3000 + 2400 * n;
      if (n === 3) world.hasRun = false;
    });
    setInterval(() => {
      for (const world of worlds) world.tick();
    }, 100);
    const sockets = new WebSocketServer({ noServer: true });
    (http as Server | null)?.on("upgrade", (request, socket, head) => {
      const url = new URL(request.url ?? "/", "http://mock");
      if (url.pathname !== "/api/live") return;
      sockets.handleUpgrade(request, socket, head, (ws) => {
        const one = worlds.find((world) => world.id === url.searchParams.get("machine"));
        if (one) return one.connect(ws);
        const timer = setInterval(
          () => ws.send(JSON.stringify({ type: "wall", machines: worlds.map((world) => world.live()) })),
          1000,
        );
        ws.on("close", () => clearInterval(timer));
      });
    });
    middlewares.use((_, response, next) => {
      response.setHeader("content-security-policy", CSP);
      next();
    });
    middlewares.use("/api", (request, response) => void answer(worlds, folder, request, response));
  };
  return {
    name: "leuka-mock",
    configureServer: (server) => begin(server.httpServer, server.middlewares),
    configurePreviewServer: (server) => begin(server.httpServer, server.middlewares),
  };
}

const TAKES: Record<string, string[]> = {
  actions: ["nurse", "physician"],
  pace: ["instructor"],
  inject: ["instructor"],
};

async function answer(worlds: World[], folder: string, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? "/", "http://mock");
  let role = /leuka_session=(\w*)/.exec(request.headers.cookie ?? "")?.[1] ?? "";
  let text = "";
  for await (const chunk of request) text += chunk;
  const body = text ? JSON.parse(text) : {};
  const [first, second, third] = url.pathname.split("/").filter(Boolean);
  const json = (value: unknown, status = 200) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
  const [head] = worlds;
  if (!head) return;
  if (first === "mock") {
    for (const [name, value] of url.searchParams) {
      if (name === "role") response.setHeader("set-cookie", `leuka_session=${value}; Path=/`);
      else Object.assign(head, { [name]: value === "" || Number.isNaN(Number(value)) ? value : Number(value) });
    }
    return json({});
  }
  if (first === "status")
    return json({
      version: "0.1.0",
      needs_setup: false,
      demo: true,
      notice: "For research, engineering and training. Not a medical device; not for treating people.",
    });
  if (first === "login") {
    if (body.password !== "demo")
      return json({ error: { code: "refused", message: "Login or password is wrong." } }, 401);
    role = body.login;
    response.setHeader("set-cookie", `leuka_session=${role}; Path=/`);
  }
  if (first === "logout") {
    response.setHeader("set-cookie", "leuka_session=; Path=/");
    role = "";
  }
  if (!role) return json({ error: { code: "nobody", message: "Sign in first." } }, 401);
  const world = worlds.find((one) => one.id === second) ?? head;
  world.role = role;
  if (first === "me" || first === "login") return json(world.me());
  if (first === "library") return json(world.library());
  if (first === "plan") {
    const plan = JSON.parse(readFileSync(`${folder}/plan.json`, "utf8"));
    return json(body.vary ? ["40", "50"].map((value) => ({ ...plan, scenario: `x=${value}` })) : plan);
  }
  if (first === "users")
    return json(
      ["nurse", "physician", "lab", "instructor", "engineer"].map((one) => ({
        login: one,
        name: `Demo ${one}`,
        role: one,
        active: true,
      })),
    );
  if (first === "records" && !second) return json(world.records());
  if (first === "records") {
    if (request.method === "POST") head.step += 1;
    if (third === "report.pdf") {
      response.writeHead(200, { "content-type": "application/pdf" });
      return response.end("%PDF-1.7");
    }
    return json(third ? {} : head.record());
  }
  if (first === "machines" && !second)
    return json(worlds.map((one) => ({ id: one.id, label: one.label, kind: "simulated", live: one.live() })));
  if (request.method === "POST" && third && TAKES[third] && !TAKES[third]?.includes(role))
    return json({ error: { code: "role", message: "Your role may not do this." } }, 403);
  switch (third) {
    case "samples":
      return json(world.samples(Number(url.searchParams.get("every_s") ?? 5)));
    case "events":
      return json(world.eventsNow());
    case "alarms":
      if (request.method === "POST") world.audio = body.do === "audio_pause" ? "paused" : "on";
      return json(request.method === "POST" ? {} : world.alarmRows());
    case "debrief":
      if (url.searchParams.has("format")) return response.end("title,points\ncalcium,10\nair,4\n");
      return json(world.debrief());
    case "what-if":
      return json(world.whatIf(body.set));
    case "run":
      Object.assign(world, { hasRun: true, at: 0, done: -1, operator: body.operator, warp: body.warp ?? 1 });
      return json({});
    case "inject":
      world.alarm = body.fault === "air_bolus" ? "high" : "medium";
      return json({});
    case "snapshot":
      world.snapshots = [...world.snapshots, { name: body.name, at_s: world.at }];
      return json({});
    case "rewind":
      world.at = body.to_s ?? world.snapshots.find((one) => one.name === body.snapshot)?.at_s ?? world.at;
      return json({});
    case "pace":
      if (body.warp) world.warp = body.warp;
      if (body.paused !== undefined) world.paused = body.paused;
      return json({});
    default:
      if (body.action === "confirm") world.confirm();
      if (body.action === "EndEarly") world.at = 11_540;
      return json({});
  }
}
