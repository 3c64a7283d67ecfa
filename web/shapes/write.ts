import { writeFile } from "node:fs/promises";
import { shapes } from "./drawn";

const [, , target = "shapes.json"] = process.argv;
await writeFile(target, JSON.stringify(await shapes()));
