import { defineConfig } from "vitest/config";

/** The server that `npm run dev` talks to. */
const target = process.env["LEUKA_SERVER"] ?? "http://127.0.0.1:8480";
const proxy = { "/api": { target, ws: true } };

export default defineConfig({
  base: "./",
  // Nothing is inlined as a data: URL: the content security policy allows files of the server only.
  build: { target: "es2022", assetsInlineLimit: 0, chunkSizeWarningLimit: 400 },
  server: { proxy },
  preview: { proxy },
  test: { environment: "node", include: ["test/**/*.test.{ts,tsx}"] },
});
