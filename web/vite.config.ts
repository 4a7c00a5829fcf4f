import { defineConfig } from "vitest/config";
import { mock } from "./mock/plugin.ts";

/** The server that `npm run dev` talks to, unless the mock stands in for it. */
const server = process.env["LEUKA_SERVER"] ?? "http://127.0.0.1:8480";

export default defineConfig({
  base: "./",
  plugins: process.env["LEUKA_MOCK"] ? [mock(process.env["LEUKA_MOCK"])] : [],
  // Nothing is inlined as a data: URL: the content security policy allows files of the server only.
  build: { target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 400 },
  server: { proxy: process.env["LEUKA_MOCK"] ? {} : { "/api": { target: server, ws: true } } },
  preview: { proxy: process.env["LEUKA_MOCK"] ? {} : { "/api": { target: server, ws: true } } },
  test: { environment: "node", include: ["test/**/*.test.{ts,tsx}"] },
});
