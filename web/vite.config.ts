import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vitest/config";

const server = process.env.KLEOS_URL ?? "http://127.0.0.1:8000";
const built = fileURLToPath(new URL("../src/kleos/web/built", import.meta.url));

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
