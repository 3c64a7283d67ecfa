import { fileURLToPath } from "node:url";
import { defineConfig } from "vite";

/** The board for other people's sites: one script, without a framework, beside the UI's own files. */
export default defineConfig({
  publicDir: false,
  build: {
    outDir: fileURLToPath(new URL("../src/kleos/web/built", import.meta.url)),
    emptyOutDir: false,
    target: "es2022",
    reportCompressedSize: false,
    lib: {
      entry: fileURLToPath(new URL("./embed/kleos-board.ts", import.meta.url)),
      formats: ["es"],
      fileName: () => "kleos-board.js",
    },
  },
});
