import { fileURLToPath } from "node:url";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

/** A script for Node, run once by the build: it draws what each page's document shows before the page's own script. */
export default defineConfig({
  plugins: [react()],
  publicDir: false,
  resolve: { alias: { "@": fileURLToPath(new URL("./src", import.meta.url)) } },
  build: {
    ssr: fileURLToPath(new URL("./shapes/write.ts", import.meta.url)),
    outDir: "node_modules/.kleos-shapes",
    emptyOutDir: true,
    target: "es2022",
    minify: false,
    reportCompressedSize: false,
  },
});
