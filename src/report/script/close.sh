
failed=$(wc -c <"$OUT/.failed" | tr -d ' ')
rm -f "$OUT/.failed"
printf '\n%s\n' "Exported to $OUT; $failed command(s) failed. Next: modeltrail audit $OUT" >&2
printf '%s\n' "What is still missing then: modeltrail gaps --script $OUT" >&2
[ "$failed" -eq 0 ]
