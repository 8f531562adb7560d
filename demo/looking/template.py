"""How the little ProLine looks: one template, with its style inside."""

from datetime import datetime

from jinja2 import Environment, StrictUndefined

_SOURCE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>ProLine · {{ company }}</title>
<link rel="icon" href="data:,">
<style>
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; color: #1b2530; background: #f4f6f9; }
header { display: flex; flex-wrap: wrap; gap: .6rem 1rem; align-items: center;
  padding: .6rem 1.25rem; background: #12355b; color: #fff; }
header strong { font-size: 1.1rem; }
header .who { margin-left: auto; }
header summary { cursor: pointer; padding: .3rem .6rem; list-style: none; }
header details { position: relative; }
header nav { position: absolute; z-index: 1; background: #fff; border: 1px solid #d9dfe6;
  border-radius: .5rem; padding: .6rem .9rem; min-width: 15rem; color: #55606d; }
header nav a { display: block; padding: .2rem 0; }
main { max-width: 66rem; margin: 0 auto; padding: 1rem 1.25rem 3rem; }
h1 { font-size: 1.6rem; margin: .3rem 0; } h2 { font-size: 1.15rem; margin: 0 0 .6rem; }
section { background: #fff; border: 1px solid #d9dfe6; border-radius: .6rem;
  padding: 1.1rem 1.25rem; margin: 1.25rem 0; }
section p { margin: 0; } section .hint { margin-top: .6rem; }
.two { display: grid; grid-template-columns: repeat(auto-fit, minmax(19rem, 1fr)); gap: 1.25rem; }
.two section { margin: 0; }
button { font: inherit; font-weight: 600; width: 100%; text-align: left; margin: .25rem 0;
  padding: .62rem 1rem; border: 1px solid #0b5cad; border-radius: .45rem; background: #0b5cad;
  color: #fff; cursor: pointer; }
.theirs button { background: #fff; color: #0b5cad; }
a { color: #0b5cad; } :focus-visible { outline: 3px solid #f0a020; outline-offset: 2px; }
[role=status] { background: #e8f5ee; border-color: #b7dcc6; }
[role=status].not { background: #fff5e0; border-color: #ecd29c; }
.hint, time { color: #55606d; font-size: .9rem; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left;
  padding: .35rem .6rem .35rem 0; border-bottom: 1px solid #e9edf2; }
.amount { text-align: right; } .scroll { overflow-x: auto; }
ul { margin: 0; padding-left: 1.3rem; }
</style>
</head>
<body>
<header>
  <details>
    <summary>☰ Menu</summary>
    <nav aria-label="Menu">Integrations
      <a href="/integrations/quickbooks?as={{ colleague.word }}" target="_blank">QuickBooks</a>
    </nav>
  </details>
  <strong>ProLine</strong> <span>{{ company }}</span>
  <span class="who">{{ colleague.name }} ({{ colleague.role }})</span>
</header>
<main>
<h1>A small ProLine to look with</h1>
<p>Open <strong>☰ Menu &gt; QuickBooks</strong> (a new tab), set the integration up there,
then make things happen here and watch them arrive. All of it is invented, and gone when it is
stopped.</p>
<p>You are
{% for each in colleagues %}
{% if each == colleague %}<strong>{{ each.name }} ({{ each.role }})</strong>
{% else %}<a href="/?as={{ each.word }}">{{ each.name }} ({{ each.role }})</a>
{% endif %}{% if not loop.last %} · {% endif %}
{% endfor %}</p>
{% if said %}
<section role="status"{% if not said[0].done %} class="not"{% endif %}>
<p>{{ said[0].sentence }}</p></section>
{% endif %}
<div class="two">
{% macro presses(buttons) %}
{% for each in buttons %}
<form method="post" action="/press/{{ each.word }}?as={{ colleague.word }}">
<button>{{ each.label }}</button></form>
{% endfor %}
{% endmacro %}
<section aria-labelledby="ours"><h2 id="ours">In ProLine</h2>
{{ presses(in_proline) }}</section>
<section class="theirs" aria-labelledby="theirs"><h2 id="theirs">In QuickBooks</h2>
{{ presses(in_quickbooks) }}</section>
</div>
<section aria-labelledby="books">
<h2 id="books">What QuickBooks has{% if holdings %}: {{ holdings.company_name }}{% endif %}</h2>
{% if not holdings %}<p>No QuickBooks company is connected.</p>
{% elif not holdings.invoices %}<p>No invoice has arrived.</p>
{% else %}<div class="scroll"><table>
<thead><tr><th scope="col">Invoice</th><th scope="col">Customer</th>
<th scope="col" class="amount">Total</th><th scope="col" class="amount">Open</th></tr></thead>
<tbody>{% for each in holdings.invoices %}
<tr><td>{{ each.number }}</td><td>{{ each.customer }}</td>
<td class="amount">{{ each.total | money }}</td>
<td class="amount">{{ each.balance | money }}</td></tr>
{% endfor %}</tbody></table></div>
{% endif %}
<p class="hint">The newest, as of now. <a href="/?as={{ colleague.word }}">Look again</a></p>
</section>
{% if said %}
<section aria-labelledby="happened"><h2 id="happened">What happened</h2>
<ul>{% for each in said %}
<li>{{ each.sentence }} <time datetime="{{ each.at.isoformat() }}">{{ each.at | clock }}</time></li>
{% endfor %}</ul></section>
{% endif %}
</main>
</body>
</html>
"""


def _clock(at: datetime) -> str:
    return f"{at:%H:%M:%S} UTC"


_ENVIRONMENT = Environment(
    autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)
_ENVIRONMENT.filters |= {"money": "{:,.2f}".format, "clock": _clock}
PAGE = _ENVIRONMENT.from_string(_SOURCE)
