#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Makes a git repository to be bisected out of a kernel source, by the plan that
# lies beside this script. The same source and patches give the same hashes.
#
# Usage: make.sh SOURCE PATCHES REPO
#
# SOURCE (a tree of Linux 5.10) and PATCHES (a directory of them) are only read;
# REPO is a bare repository and must not exist.

set -eu

plan=$(dirname "$(realpath "$0")")/plan
source=$(realpath "$1")
patches=$(realpath "$2")
repo=$3
[ ! -e "$repo" ] || { echo "make.sh: $repo exists already" >&2; exit 2; }

tmp=$(mktemp -d)
trap 'rm -rf "$tmp" "$repo.tmp"' EXIT
trap 'exit 2' INT TERM HUP

# Nothing of this machine or its user gets into the hashes.
unset $(git rev-parse --local-env-vars)
export GIT_CONFIG_GLOBAL=/dev/null GIT_CONFIG_NOSYSTEM=1 TZ=UTC
export GIT_AUTHOR_NAME='irqsan history' GIT_AUTHOR_EMAIL=history@example.org
export GIT_COMMITTER_NAME="$GIT_AUTHOR_NAME" GIT_COMMITTER_EMAIL="$GIT_AUTHOR_EMAIL"
# 2020-12-13 22:41:02 UTC, when Linux 5.10 was released; then a commit an hour.
time=1607899262
head=

die()
{
	echo "make.sh: $*" >&2
	exit 2
}

# commit: the index, with the message in $tmp/message
commit()
{
	tree=$(git write-tree)
	[ -z "$head" ] || [ "$tree" != "$(git rev-parse "$head^{tree}")" ] ||
		die "nothing changed: $(head -1 "$tmp/message")"
	export GIT_AUTHOR_DATE="$time +0000" GIT_COMMITTER_DATE="$time +0000"
	head=$(git commit-tree ${head:+-p "$head"} -F "$tmp/message" "$tree")
	time=$((time + 3600))
}

# edit FILE SED SUBJECT: a commit that no work tree is needed for
edit()
{
	git cat-file blob ":$1" >"$tmp/old" || die "$1: not in this source"
	sed -E "$2" "$tmp/old" >"$tmp/new"
	cmp -s "$tmp/old" "$tmp/new" && die "$1: \"$2\" changes nothing"
	mode=$(git ls-files -s "$1" | cut -d' ' -f1)
	git update-index --cacheinfo "$mode,$(git hash-object -w "$tmp/new"),$1"
	printf '%s\n\nA change of %s for the sake of a history that can be bisected.\n' \
		"$3" "$1" >"$tmp/message"
	commit
}

# find_patch NAME: the one patch with NAME in its file name
find_patch()
{
	set -- "$patches"/*"$1"*.patch
	if [ $# -ne 1 ] || [ ! -e "$1" ]; then
		die "no single patch $1 in $patches"
	fi
	echo "$1"
}

take()
{
	patch=$(find_patch "$1")
	git apply --cached "$patch"
	git mailinfo "$tmp/body" "$tmp/diff" <"$patch" >"$tmp/info"
	{
		sed -n 's/^Subject: //p' "$tmp/info"
		echo
		cat "$tmp/body"
	} >"$tmp/message"
	commit
}

back()
{
	patch=$(find_patch "$1")
	git apply --cached -R "$patch"
	printf '%s\n\nThis takes back what "%s" did.\n' "$2" \
		"$(git mailinfo /dev/null /dev/null <"$patch" | sed -n 's/^Subject: //p')" \
		>"$tmp/message"
	commit
}

rm -rf "$repo.tmp"
git -c init.defaultBranch=main init -q --bare "$repo.tmp"
GIT_DIR=$(realpath "$repo.tmp")
export GIT_DIR
echo "make.sh: taking $source in" >&2
# What the tree's .gitignore names is part of it all the same.
git -c core.compression=1 -c core.bare=false --work-tree="$source" add -A -f .
echo "$(sed -n 's/^\(VERSION\|PATCHLEVEL\|SUBLEVEL\) = //p' "$source/Makefile" |
	paste -sd.) as it comes" | sed 's/^/Linux /' >"$tmp/message"
commit
while IFS='|' read -r verb a b c; do
	case $verb in
	'' | '#'*) ;;
	edit) edit "$a" "$b" "$c" ;;
	take) take "$a" ;;
	back) back "$a" "$b" ;;
	tag) git update-ref "refs/tags/$a" "$head" ;;
	*) die "unknown word \"$verb\" in $plan" ;;
	esac
done <"$plan"
git update-ref refs/heads/main "$head"
git -c core.compression=1 repack -q -a -d
mv "$repo.tmp" "$repo"
echo "$repo: $(git --git-dir="$repo" rev-list --count good..bad) commits from good to bad," \
	"$(git --git-dir="$repo" rev-list --count bad..fixed) more to fixed"
