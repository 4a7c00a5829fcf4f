//! Stands in for the server while the page is written: plays a recorded run folder (`leuka run --out`) through the
//! contract. Development only: `LEUKA_MOCK=<folder with out/ and plan.json> npm run dev`.

import { readFileSync } from "node:fs";
import type { IncomingMessage, ServerResponse } from "node:http";
import type { Plugin } from "vite";
import { WebSocketServer } from "ws";
import { World } from "./world.ts";

export function mock(folder: string): Plugin {
  return {
    name: "leuka-mock",
    configureServer(server) {
      const world = new World(folder);
      const sockets = new WebSocketServer({ noServer: true });
      server.httpServer?.on("upgrade", (request, socket, head) => {
        if (request.url?.startsWith("/api/live")) {
          sockets.handleUpgrade(request, socket, head, (ws) => world.connect(ws, request.url ?? ""));
        }
      });
      server.middlewares.use("/api", (request, response) => void answer(world, folder, request, response));
    },
  };
}

async function answer(world: World, folder: string, request: IncomingMessage, response: ServerResponse) {
  const url = new URL(request.url ?? "/", "http://mock");
  let text = "";
  for await (const chunk of request) text += chunk;
  const body = text ? JSON.parse(text) : {};
  const [first, second, third] = url.pathname.split("/").filter(Boolean);
  const json = (value: unknown, status = 200) => {
    response.writeHead(status, { "content-type": "application/json" });
    response.end(JSON.stringify(value));
  };
  if (first === "mock") {
    Object.assign(
      world,
      Object.fromEntries([...url.searchParams].map(([k, v]) => [k, Number.isNaN(Number(v)) ? v : Number(v)])),
    );
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
    world.role = body.login;
    return json(world.me());
  }
  if (first === "logout") {
    world.role = "";
    return json({});
  }
  if (first === "me")
    return world.role ? json(world.me()) : json({ error: { code: "nobody", message: "Sign in first." } }, 401);
  if (first === "library") return json(world.library());
  if (first === "plan") return json(JSON.parse(readFileSync(`${folder}/plan.json`, "utf8")));
  if (first === "users")
    return json(
      ["nurse", "physician", "lab", "instructor", "engineer"].map((role) => ({
        login: role,
        name: `Demo ${role}`,
        role,
        active: true,
      })),
    );
  if (first === "records" && !second) return json(world.records());
  if (first === "records") return json(third ? {} : world.record());
  if (first === "machines" && !second) return json(world.machines());
  switch (third) {
    case "samples":
      return json(world.samples(Number(url.searchParams.get("every_s") ?? 5)));
    case "events":
      return json(world.eventsNow());
    case "alarms":
      if (request.method === "GET") return json(world.alarmRows());
      world.audio = body.do === "audio_pause" ? "paused" : "on";
      return json({});
    case "debrief":
      return json(world.debrief());
    case "what-if":
      return json(world.whatIf(body.set));
    case "pace":
      if (body.warp) world.warp = body.warp;
      return json({});
    default:
      if (body.action?.action === "confirm" || body.action === "confirm") world.at += 30;
      return json({});
  }
}
