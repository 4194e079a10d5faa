import type { Brand } from './brand.ts'
import { accentOn } from './colour.ts'

/** The tokens that all colours come from, for light and for dark. */
export const PALETTES = {
  light: {
    paper: '#ffffff',
    soft: '#f4f6f8',
    ink: '#1b2026',
    muted: '#586270',
    line: '#84909e',
    rule: '#dfe4ea',
    danger: '#b3261e',
    ok: '#1a7037',
  },
  dark: {
    paper: '#14171b',
    soft: '#1d2127',
    ink: '#e7eaee',
    muted: '#a3adb9',
    line: '#6f7a88',
    rule: '#2e343d',
    danger: '#ff8f86',
    ok: '#74cf92',
  },
} as const

/** The one style sheet of all pages, in the colour of a brand. Kept as text, so that the build needs to copy nothing. */
export function pageStyle({ colour }: Brand): string {
  return `:root{color-scheme:light dark;${tokensOf('light', colour)}}
@media (prefers-color-scheme:dark){:root{${tokensOf('dark', colour)}}}
${RULES}`
}

function tokensOf(theme: keyof typeof PALETTES, colour: string): string {
  const palette = PALETTES[theme]
  const accent = accentOn(palette.paper, colour)
  const tokens = { ...palette, accent: accent.fill, 'on-accent': accent.onFill, link: accent.text }
  return Object.entries(tokens)
    .map(([name, value]) => `--${name}:${value};`)
    .join('')
}

const RULES = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%;text-size-adjust:100%}
body{margin:0;min-height:100vh;min-height:100svh;display:flex;flex-direction:column;background:var(--paper);color:var(--ink);font:1.0625rem/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans",sans-serif;overflow-wrap:break-word}
h1,h2,h3,p,ul,ol,dl,dd,fieldset{margin:0;padding:0}
h1{font-size:1.5rem;line-height:1.25;font-weight:650;letter-spacing:-.01em;text-wrap:balance}
h2{font-size:1.0625rem;font-weight:650}
a{color:var(--link);text-underline-offset:.2em;text-decoration-thickness:1px}
a:hover{text-decoration-thickness:2px}
:focus-visible{outline:3px solid var(--link);outline-offset:2px}
.skip{position:absolute;inset-inline-start:-999rem}
.skip:focus{inset-inline-start:1rem;inset-block-start:1rem;padding:.5rem 1rem;background:var(--paper);z-index:1}
.page{inline-size:100%;max-inline-size:calc(22rem + 2.5rem);margin:0 auto;padding:2.5rem 1.25rem;flex:1}
.page.wide{max-inline-size:calc(40rem + 2.5rem)}
@media (min-width:40rem) and (min-height:40rem){.page{padding-block:5rem 3rem}.page.wide{padding-block-start:3rem}}
.brand{display:flex;align-items:center;gap:.625rem;margin-block-end:2rem;font-weight:650}
.brand img{display:block;block-size:2rem;max-inline-size:12rem}
.brand a{color:inherit;text-decoration:none;display:inline-flex;align-items:center;gap:.625rem}
.bar{display:flex;flex-wrap:wrap;align-items:center;justify-content:space-between;gap:.5rem 1rem;margin-block-end:2rem}
.bar .brand{margin:0}
.bar form{display:block}
main{display:grid;gap:1.5rem}
main>*{min-inline-size:0}
.lead,.hint,.small,.muted{color:var(--muted)}
.hint,.small,footer,.problem{font-size:1rem}
.head{display:grid;gap:.5rem}
.head>*,.what>*,.after>*,.others>*,.note>*,.errors>*,.field>*,form>*{min-inline-size:0}
form{display:grid;gap:1.25rem}
.field{display:grid;gap:.25rem}
label,legend{font-weight:600}
[data-strength-of]:not(:empty){margin-block-start:.25rem}
.field input,.field select,.field textarea{inline-size:100%;min-block-size:2.75rem;padding:.5rem .75rem;border:1px solid var(--line);border-radius:.5rem;background:var(--paper);color:inherit;font:inherit}
.field input:focus-visible,.field select:focus-visible,.field textarea:focus-visible{outline-offset:0;border-color:var(--link)}
.field [aria-invalid=true]{border-color:var(--danger);box-shadow:inset 0 0 0 1px var(--danger)}
.field .ltr{direction:ltr}
[dir=rtl] .field .ltr{text-align:end}
.problem{color:var(--danger);font-weight:600}
.shown{display:flex;position:relative}
.shown input{padding-inline-end:5.5rem}
[dir=rtl] .shown .ltr{padding-inline:5.5rem .75rem}
.shown button{position:absolute;inset-block:.3125rem;inset-inline-end:.3125rem;min-block-size:0;padding:0 .625rem;border:0;background:none;color:var(--link);font-size:1rem;inline-size:auto}
.check{display:grid;grid-template-columns:auto 1fr;gap:.25rem .75rem;align-items:start}
.check input{inline-size:1.25rem;block-size:1.25rem;min-block-size:0;margin:.125rem 0 0;accent-color:var(--accent)}
.check label{font-weight:400}
.check .hint{grid-column:2}
button,.button{display:inline-flex;align-items:center;justify-content:center;gap:.5rem;min-block-size:2.75rem;padding:.5rem 1rem;border:1px solid transparent;border-radius:.5rem;font:inherit;font-weight:600;text-decoration:none;text-align:center;cursor:pointer;transition:background-color .1s,border-color .1s}
.main{inline-size:100%;background:var(--accent);color:var(--on-accent)}
.main:hover{background:color-mix(in srgb,var(--accent) 88%,var(--ink))}
.other{background:none;border-color:var(--line);color:var(--ink)}
.other:hover{background:var(--soft)}
.end{background:none;border-color:var(--danger);color:var(--danger)}
.end:hover{background:color-mix(in srgb,var(--danger) 10%,transparent)}
button.plain{min-block-size:0;padding:0;border:0;background:none;color:var(--link);text-decoration:underline;text-underline-offset:.2em;text-decoration-thickness:1px;font-weight:400}
button.id{color:inherit;font:inherit;text-align:start;text-decoration-style:dotted}
.slim{min-block-size:2.25rem;padding:.25rem .75rem;font-size:1rem;white-space:nowrap}
button[aria-busy=true]{opacity:.6;cursor:progress}
.boxes{border:0;display:grid;gap:.5rem;min-inline-size:0}
.boxes legend{padding:0;margin-block-end:.5rem}
section{display:grid;gap:1rem;min-inline-size:0}
section>*{min-inline-size:0}
.back{font-size:1rem;margin-block-end:-1rem}
.back:not(:has(+.head)){margin-block-end:-.5rem}
.back a::before{content:"\\2190\\00a0"}
[dir=rtl] .back a::before{content:"\\2192\\00a0"}
.permissions{padding-inline-start:1.125rem;list-style:disc}
.after{display:grid;gap:.5rem}
.actions{display:flex;flex-wrap:wrap;gap:.75rem;align-items:center}
.narrow{max-inline-size:22rem}
.chart{inline-size:100%;block-size:10rem;display:block}
.chart .base{stroke:var(--line);stroke-width:1}
.s0{--s:var(--link)}.s1{--s:var(--danger)}.s2{--s:var(--ok)}.s3{--s:var(--muted)}.s4{--s:color-mix(in srgb,var(--link) 50%,var(--danger))}.s5{--s:var(--line)}
.chart rect{fill:var(--s)}
.swatch{display:inline-block;inline-size:.75rem;block-size:.75rem;border-radius:.125rem;background:var(--s)}
.scroll{overflow-x:auto}
.axis{display:flex;justify-content:space-between}
table{border-collapse:collapse;inline-size:100%;font-variant-numeric:tabular-nums}
th,td{text-align:start;vertical-align:top;padding:.375rem .75rem .375rem 0;border-block-end:1px solid var(--rule)}
.number{text-align:end}
.checks{list-style:none;display:grid;gap:.25rem;overflow-wrap:anywhere}
.checks>*{min-inline-size:0}.checks>:not(:has(details)){padding-inline-start:1.05rem}
.fixed td{white-space:nowrap}.fixed td:nth-child(3){white-space:normal;overflow-wrap:anywhere;min-inline-size:8.5rem}
.steps li{overflow-wrap:anywhere}
.checks summary{cursor:pointer}
.checks p{padding-inline-start:1.5rem}
.mark{font-weight:650}.mark.passed{color:var(--ok)}.mark.failed{color:var(--danger)}
.steps{padding-inline-start:1.25rem;display:grid;gap:.5rem}
h3{font-size:1.0625rem;font-weight:650}
.note,.errors{display:grid;gap:.25rem;padding:.875rem 1rem;border:1px solid var(--rule);border-inline-start:4px solid var(--link);border-radius:.5rem;background:var(--soft)}
.note.good{border-inline-start-color:var(--ok)}
.note.bad,.errors{border-inline-start-color:var(--danger)}
.errors ul{padding-inline-start:1.125rem}
.errors a{color:var(--danger);font-weight:600}
.rows{border-block-start:1px solid var(--rule)}
.rows>*{display:grid;grid-template-columns:minmax(0,1fr) auto;gap:.125rem 1rem;align-items:center;padding-block:.875rem;border-block-end:1px solid var(--rule)}
.rows dd,.rows dt{grid-column:1}
.rows dt{color:var(--muted);font-size:1rem}
.rows .act{grid-column:2;grid-row:1/span 2;align-self:center}
ul.rows{list-style:none}
.what{display:grid;gap:.125rem;min-inline-size:0}
.what b{font-weight:600}
.what .permissions{margin-block:.25rem}
.rename{font-size:1rem}.rename summary{cursor:pointer;color:var(--link);inline-size:fit-content}.rename form{margin-block-start:.5rem;gap:.5rem;justify-items:start;max-inline-size:22rem}
.tag{display:inline-block;margin-inline-start:.5rem;padding:0 .5rem;border:1px solid var(--ok);border-radius:.5rem;color:var(--ok);font-size:1rem;font-weight:600;line-height:1.4}
.rows dd bdi:has(+.tag){margin-inline-end:.5rem}.rows dd .tag{margin:0}
.tag.open{border-color:var(--line);color:var(--muted)}
.secret{display:grid;gap:.5rem}.secret button{justify-self:start}
code,.mono{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:1rem;overflow-wrap:anywhere}
.secret code{display:block;padding:.75rem;border:1px solid var(--rule);border-radius:.5rem;background:var(--soft);direction:ltr;text-align:start;user-select:all}
.lines{white-space:pre-line}
.app{display:grid;gap:.75rem;justify-items:start}
.app .secret{justify-self:stretch;max-inline-size:22rem}
.main-width{inline-size:100%}
form[data-passkey]{gap:.75rem}
form[data-passkey] .problem:empty{display:none}
.qr{inline-size:12rem;block-size:12rem;border-radius:.5rem;background:#fff;color:#000}
.or{display:flex;align-items:center;gap:1rem;color:var(--muted);font-size:1rem}
.or::before,.or::after{content:"";flex:1;border-block-start:1px solid var(--rule)}
.others{display:grid;gap:.75rem}
footer{margin-block-start:2.5rem;padding-block-start:1rem;border-block-start:1px solid var(--rule)}
footer nav{display:flex;flex-wrap:wrap;gap:.25rem 1rem}
footer a{color:var(--muted)}
footer [aria-current]{color:var(--ink);text-decoration:none}
time,.figures{font-variant-numeric:tabular-nums}
[hidden]{display:none}
.hush{position:absolute;inline-size:1px;block-size:1px;overflow:hidden;clip-path:inset(50%);white-space:nowrap}
@media (max-width:32rem){.rows.tall>*{grid-template-columns:minmax(0,1fr);gap:.75rem}.rows.tall .act{grid-column:1;grid-row:auto;justify-self:start}}
@media (max-width:24rem){.rows.stack>*{grid-template-columns:minmax(0,1fr);gap:.5rem}.rows.stack .act{grid-column:1;grid-row:auto;justify-self:start}}
@media (prefers-reduced-motion:reduce){*{transition:none!important}}
@media (forced-colors:active){.main,.other,.end{border-color:currentColor}}
`.trim()
