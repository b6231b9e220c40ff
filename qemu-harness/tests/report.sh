#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Opens a report in a browser (chromium, headless) as a reader would: on a desk and
# on a phone, light and dark. What the browser shows must be what the documents say
# (test-report.c), nothing may overflow, text must stand out, reports must unfold.
# Ends with a line "report.sh: N passed, N failed".
#
# Usage: report.sh [OUT]   (default: out/report; keeps page and screenshots)

cd "$(dirname "$0")/../.." || exit 2
. qemu-harness/tests/lib.sh
out=${1:-out/report}
samples=qemu-harness/tests/reports

if ! command -v chromium >/dev/null; then
	echo "report.sh needs a browser: apt-get install --no-install-recommends chromium" >&2
	exit 2
fi
rm -rf "$out"
mkdir -p "$out" || exit 2
out=$(cd "$out" && pwd)
trap 'rm -rf "$out/profile"' EXIT
trap 'exit 2' INT TERM HUP

# browser ARGUMENT...: nothing of it is kept, and it has a minute.
browser()
{
	timeout -k 5 60 chromium --headless --no-sandbox --disable-gpu --hide-scrollbars \
		--no-first-run --user-data-dir="$out/profile" "$@" 2>>"$out/chromium.log"
}

# The same paths as test-report.c has: it compares them.
set --
for name in run verify reproduce bisect hostile; do
	set -- "$@" "$PWD/$samples/$name.json"
done
expect 0 "a page of five documents" build/irqsan report "$@" -o "$out/page.html"

browser --dump-dom "file://$out/page.html" >"$out/dom.html"
expect 0 "the browser shows what the documents say" \
	env IRQSAN_REPORT_DOM="$out/dom.html" build/asan/test-report test_dom

# The page forbids scripts; this copy has one, which looks at it and leaves what it
# found in the <html> element.
cat >"$out/probe.js" <<'EOF'
addEventListener("load", () => {
	const root = document.documentElement, say = (k, v) => root.setAttribute("data-" + k, v);
	const rgb = (s) => (s.match(/[\d.]+/g) || [0, 0, 0, 0]).map(Number);
	const back = (e) => {
		for (; e; e = e.parentElement) {
			const c = rgb(getComputedStyle(e).backgroundColor);
			if (c.length < 4 || c[3] > 0.99)
				return c;
		}
		return [255, 255, 255];
	};
	const light = (c) => {
		const [r, g, b] = c.map((v) => {
			v /= 255;
			return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
		});
		return 0.2126 * r + 0.7152 * g + 0.0722 * b;
	};
	const details = [...document.querySelectorAll("details")];
	let low = 21, where = "";

	say("title", document.title);
	say("width", innerWidth);
	say("scroll", root.scrollWidth);
	say("page", light(back(document.body)) < 0.2 ? "dark" : "light");
	const high = (d) => d.offsetHeight > d.querySelector("summary").offsetHeight + 10;
	say("folded", details.filter((d) => !high(d)).length);
	details.forEach((d) => d.querySelector("summary").click());
	say("unfolded", details.filter(high).length);
	say("details", details.length);
	say("scroll-unfolded", root.scrollWidth);
	for (const e of document.body.querySelectorAll("*")) {
		const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim());
		if (!text || !e.offsetHeight)
			continue;
		const style = getComputedStyle(e), a = light(rgb(style.color).slice(0, 3));
		const b = light(back(e).slice(0, 3));
		const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05) * style.opacity;
		if (ratio < low) {
			low = ratio;
			where = e.tagName + "." + e.className + ": " + e.textContent.slice(0, 30);
		}
	}
	say("contrast", Math.floor(low * 10));
	say("faintest", where);
});
EOF
{
	sed -e 's/<meta http-equiv="Content-Security-Policy"[^>]*>//' -e 's/<\/body>.*//' "$out/page.html"
	echo '<script>'
	cat "$out/probe.js"
	echo '</script></body></html>'
} >"$out/probe.html"

# said NAME: what the script has found.
said()
{
	sed -n "s/.*<html[^>]* data-$1=\"\([^\"]*\)\".*/\1/p" "$out/probe-dom.html"
}

# same WHAT GOT WANT
same()
{
	if [ "$2" = "$3" ]; then
		pass "$1"
	else
		fail "$1" "\"$2\", not \"$3\""
	fi
}

for look in "1280 light 1" "1280 dark 0" "390 light 1" "390 dark 0"; do
	set -- $look
	width=$1
	name="$width pixels, $2"
	# Headless windows are not made narrower than 500 pixels; a frame is.
	cat >"$out/frame.html" <<-EOF
		<!DOCTYPE html><body style="margin:0"><iframe src="probe.html" id="f"
		style="border:0;width:${width}px;height:2000px"></iframe><script>
		addEventListener("load", () => {
			const from = document.getElementById("f").contentDocument.documentElement;
			for (const a of from.attributes)
				document.documentElement.setAttribute(a.name, a.value);
			document.getElementById("f").remove();
		});
		</script>
	EOF
	browser --allow-file-access-from-files --blink-settings=preferredColorScheme="$3" \
		--window-size="1300,2000" --dump-dom "file://$out/frame.html" >"$out/probe-dom.html"
	same "$name: no log renames the page" "$(said title)" "irqsan report"
	same "$name: the window" "$(said width)" "$width"
	same "$name: nothing is wider than it" "$(said scroll)" "$width"
	same "$name: the page's colours" "$(said page)" "$2"
	same "$name: crash reports are folded" "$(said folded)" "$(said details)"
	same "$name: and unfold" "$(said unfolded)" "$(said details)"
	same "$name: nothing is wider then" "$(said scroll-unfolded)" "$width"
	if [ "$(said contrast)" -ge 45 ] 2>/dev/null; then
		pass "$name: contrast 4.5 and more"
	else
		fail "$name: contrast 4.5 and more" "$(said contrast) tenths: $(said faintest)"
	fi
	browser --blink-settings=preferredColorScheme="$3" --window-size="$width,2400" \
		--screenshot="$out/$width-$2.png" "file://$out/page.html"
	if [ -s "$out/$width-$2.png" ]; then
		pass "$name: a screenshot"
	else
		fail "$name: a screenshot" "see $out/chromium.log"
	fi
done

finish
