/** What moves things is loaded after the first paint. */
export { domMax as default } from "motion/react";
