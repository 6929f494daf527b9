"""Where the README's figures come from: `python -m bench.NAME`. Each prints one flat JSON object as its last line."""
