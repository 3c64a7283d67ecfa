import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.KLEOS_URL ?? "http://127.0.0.1:8000";
const built = fileURLToPath(new URL("../src/kleos/web/built", import.meta.url));

/**
 * What pages share, in one file: left alone, each piece of half a kilobyte that two pages share becomes a file of its
 * own, and a page waits for twenty of them, six at a time. What is loaded only when it is asked for stays apart.
 */
const SHARED_BY_PAGES = {
  name: "shared",
  test: /[\\/]src[\\/](?:api|feed|shared[\\/](?!charts|awards[\\/]Toasts|why[\\/]WhyDialog|dialog|form))|react-query[\\/]/,
  minShareCount: 2,
};

export default defineConfig({
  plugins: [react(), tailwindcss()],
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    outDir: built,
    emptyOutDir: true,
    assetsInlineLimit: 0,
    target: "es2022",
    manifest: "pages.json", // by which the server says what a page will ask for
    reportCompressedSize: false,
    rolldownOptions: { output: { codeSplitting: { groups: [SHARED_BY_PAGES] } } },
  },
  server: {
    proxy: Object.fromEntries(
      ["/v1", "/api", "/socket.io", "/health", "/ready", "/openapi.json", "/cards"].map((path) => [
        path,
        { target: server, ws: true },
      ]),
    ),
  },
  test: { environment: "node", include: ["src/**/*.test.{ts,tsx}", "embed/**/*.test.ts"] },
});
