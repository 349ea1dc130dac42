/** How the picture is read: what is said of its things, its table, and the way through it by keys. Loaded after it. */
export { describeItem } from "../model/describe";
export { walk } from "../model/navigate";
export { executionTable, jobTable, streamTable } from "../model/table";
