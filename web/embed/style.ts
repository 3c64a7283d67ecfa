export const STYLE = `
:host {
  display: block;
  font: 16px/1.5 var(--kleos-font, system-ui, sans-serif);
  font-variant-numeric: tabular-nums;
  color: var(--kleos-ink, #e0e0ff);
  background: var(--kleos-ground, #0f0f1e);
  border-radius: var(--kleos-radius, 12px);
  padding: 16px;
  min-width: 0;
}
.heading { margin: 0 0 8px; font-size: 18px; }
.heading a { color: var(--kleos-link, inherit); text-decoration: none; }
.heading a:hover { text-decoration: underline; }
ol { list-style: none; margin: 0; padding: 0; }
.row {
  display: grid;
  grid-template-columns: 40px minmax(0, 1fr) max-content;
  gap: 12px;
  padding: 6px 0;
  border-top: 1px solid var(--kleos-line, #2c2c48);
}
.rank { color: var(--kleos-quiet, #a2a2c8); text-align: right; }
/* A medal has a ground of its own, so that it can be read on whatever the site has. */
.row[data-medal] .rank { color: #1a1a2e; font-weight: 700; text-align: center; border-radius: 999px; }
.row[data-medal="gold"] .rank { background: #ffd54a; }
.row[data-medal="silver"] .rank { background: #cfd6e4; }
.row[data-medal="bronze"] .rank { background: #e8a56b; }
.row[data-moved] .name::after { font-size: 12px; margin-left: 8px; }
.row[data-moved="up"] .name::after { content: "▲"; color: var(--kleos-up, #00ff88); }
.row[data-moved="down"] .name::after { content: "▼"; color: var(--kleos-down, #ff4d88); }
.name { overflow: hidden; text-overflow: ellipsis; white-space: nowrap; }
.value { font-weight: 600; }
.status { margin: 8px 0 0; color: var(--kleos-quiet, #a2a2c8); font-size: 14px; }
.status[data-problem] { color: var(--kleos-down, #ff4d88); }
.status:empty { display: none; }
`;
