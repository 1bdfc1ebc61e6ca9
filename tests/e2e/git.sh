# git: init, add, commit, log, branch, merge, clone of a local repository, gc, fsck.
. "${E2E:-$(dirname "$0")}/lib.sh"

need git git || done_testing

guest_script git <<'EOF'
export GIT_CONFIG_NOSYSTEM=1 GIT_PAGER=cat
git config --global user.name Tester
git config --global user.email tester@example.com
git config --global init.defaultBranch main
git config --global advice.detachedHead false
check "init" git init -q repo
cd repo || exit 1
for i in $(seq 40); do seq "$i" >"file$i"; done
mkdir -p sub/dir && echo deep >sub/dir/f && ln -s file1 link && printf '#!/bin/sh\n' >tool && chmod +x tool
check "add" git add .
check "commit" git commit -q -m first
is "status is clean" "" "$(git status --porcelain)"
echo changed >>file3
is "status sees a change" " M file3" "$(git status --porcelain)"
is "diff" "+changed" "$(git diff | tail -n 1)"
check "commit -a" git commit -q -a -m second
is "log" "second first" "$(git log --format=%s | xargs)"
check "branch and checkout" git checkout -q -b topic HEAD~1
echo topic >newfile && git add newfile && git commit -q -m third
check "merge" bash -c 'git checkout -q main && git merge -q --no-edit topic'
is "merged" "topic" "$(cat newfile)"
check "rebase" bash -c 'git checkout -q -b r HEAD~1 && echo r >rfile && git add rfile && git commit -q -m r && git rebase -q main'
git checkout -q main
is "stash" "ok" "$(echo s >>file5; git stash -q && [ -z "$(git status --porcelain)" ] && git stash pop -q && [ -n "$(git status --porcelain)" ] && git checkout -q . && echo ok)"
check "tag and describe" bash -c 'git tag -a -m t v1 && git describe'
check "gc" git gc -q
check "fsck" git fsck --full --strict
cd ..
check "clone" git clone -q repo copy
is "the clone has everything" "$(cd repo && git rev-parse HEAD)" "$(cd copy && git rev-parse HEAD)"
is "modes and links" "120000 100755" "$(cd copy && git ls-files -s link tool | cut -d' ' -f1 | xargs)"
check "clone without hard links" git clone -q --no-local "file://$HOME/repo" copy2
check "push and fetch" bash -c 'git init -q --bare b.git && cd copy && git push -q ../b.git main && git fetch -q ../b.git main'
check "archive" bash -c 'cd repo && git archive HEAD | tar t | grep -q sub/dir/f'
is "blame, grep, shortlog" "changed" "$(cd repo && git blame -s file3 | tail -n 1 | awk '{ print $NF }')"
check "worktree" bash -c 'cd repo && git worktree add -q ../wt topic && [ -e ../wt/newfile ]'
is "bisect" "ok" "$(cd copy && git bisect start -q HEAD HEAD~2 >/dev/null 2>&1 && git bisect run true >/dev/null 2>&1; echo ok)"
EOF
done_testing
