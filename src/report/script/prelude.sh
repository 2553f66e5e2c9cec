#!/bin/sh
# Exports evidence for modeltrail into a new folder: sh THIS-SCRIPT [FOLDER]
# Every command only reads; nothing in the account is changed. It runs with the credentials that your shell has.
# Beside each answer X.json lies X.json.cmd, which says what was asked, where and when.
set -u
OUT=${1:-evidence-$(date -u +%Y%m%dT%H%M%SZ)}
mkdir -p "$OUT" || exit 1
ACCOUNT=$(aws sts get-caller-identity --query Account --output text) || exit 1
HOME_REGION=${AWS_REGION:-${AWS_DEFAULT_REGION:-$(aws configure get region)}}
: >"$OUT/.failed"

# json TEXT: as a JSON string.
json() { printf '"%s"' "$(printf '%s' "$1" | sed -e 's/\\/\\\\/g' -e 's/"/\\"/g')"; }

# name TEXT: as part of a file name.
name() {
    case $1 in
    *[!A-Za-z0-9._-]* | .*) printf '%s-%s' "$(printf '%s' "$1" | tr -c 'A-Za-z0-9_-' '_' | cut -c 1-80)" "$(printf '%s' "$1" | cksum | cut -d ' ' -f 1)" ;;
    *) printf '%s' "$1" ;;
    esac
}

# save FILE COMMAND...: keeps the command's answer in FILE, and what was asked beside it.
save() {
    file=$OUT/$1
    shift
    # What was exported before is kept; what failed before is tried again.
    grep -q '"exit":0}' "$file.cmd" 2>/dev/null && return 0
    mkdir -p "$(dirname "$file")" || exit 1
    captured=$(date -u +%Y-%m-%dT%H:%M:%SZ)
    "$@" >"$file" 2>"$OUT/.error"
    status=$?
    argv=
    region=$HOME_REGION
    before=
    for word in "$@"; do
        [ "$before" = --region ] && region=$word
        before=$word
        argv="$argv${argv:+,}$(json "$word")"
    done
    # The code of an error that AWS answered with: it may be an answer too.
    code=$(sed -n 's/^An error occurred (\([A-Za-z.]*\)).*/\1/p' "$OUT/.error" | head -n 1)
    printf '{"argv":[%s],"account":%s,"region":%s,"captured_at":"%s","error":%s,"exit":%s}\n' \
        "$argv" "$(json "$ACCOUNT")" "$(json "$region")" "$captured" "$(json "$code")" "$status" >"$file.cmd"
    if [ "$status" -eq 0 ]; then
        printf 'saved   %s\n' "$file" >&2
    elif [ "$code" = NoSuchLifecycleConfiguration ]; then
        printf 'saved   %s (there are no rules)\n' "$file" >&2
    else
        printf . >>"$OUT/.failed"
        printf 'failed  %s\n' "$file" >&2
        sed 's/^/        /' "$OUT/.error" >&2
    fi
    rm -f "$OUT/.error"
}

# sync FOLDER SOURCE: copies a folder of S3.
sync() {
    mkdir -p "$OUT/$1" || exit 1
    aws s3 sync "$2" "$OUT/$1" --only-show-errors || printf . >>"$OUT/.failed"
}
