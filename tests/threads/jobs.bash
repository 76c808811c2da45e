# SPDX-License-Identifier: GPL-2.0-or-later
# What a shell does with processes, in bash's own words. Output must not depend on timing.
set -u
exec 2> /dev/null     # whom a signal killed, with process ids
say() { printf '%s\n' "$*"; }
section() { printf -- '--- %s\n' "$1"; }

section pipelines
seq 1 200 | awk '{ s += $1 } END { print s }'
printf '%s\n' c a b a | sort | uniq -c | sed 's/^ *//'
yes | head -n 1000 | wc -l
say "status of the pipe: ${PIPESTATUS[*]}"
true | false | true
say "PIPESTATUS ${PIPESTATUS[*]}"
set -o pipefail
true | false | true
say "pipefail $?"
set +o pipefail
! false
say "negated $?"
{ echo out; echo err >&2; } 2>&1 | sort
echo lost | { read -r x; say "read in the pipe: $x"; }
shopt -s lastpipe
echo kept | read -r y
say "lastpipe ${y:-nothing}"
shopt -u lastpipe

section here-documents
name=world
cat <<END
hello $name $((6 * 7)) $(echo nested)
END
cat <<'END'
nothing $expands $((here))
END
cat <<-END
	tabs go
	  spaces stay
	END
tr a-z A-Z <<< "a here-string"
while read -r a b; do say "$b $a"; done <<END
one two
three four
END
cat <(echo first) <(echo second)
big=$(printf 'x%.0s' {1..5000})
cat <<END | wc -c
$big$big$big$big$big$big$big$big$big$big$big$big$big$big$big
END

section substitution
x=$(echo a; echo b; exit 7)
say "got <$x> status $?"
say "$(echo $(echo $(echo deep)))"
say "$( (exit 3); echo $?)"
f() { local v=$1; (( v > 0 )) && { echo -n "$v "; f $(( v - 1 )); }; return 0; }
say "$(f 10)"
mapfile -t lines < <(seq 1 5)
say "${#lines[@]} lines, last ${lines[-1]}"

section subshells
v=outer
( v=inner; cd /; say "$v $PWD" )
say "$v"
( exit 42 ); say "subshell $?"
( kill -TERM $BASHPID ); say "killed $?"
( kill -KILL $BASHPID ) 2>/dev/null; say "killed hard $?"
( trap 'exit 9' USR1; kill -USR1 $BASHPID; sleep 5 ); say "trapped $?"
say "depth $(echo $BASH_SUBSHELL; (echo $BASH_SUBSHELL)) " 
bash_pid=$$
( [[ $$ == "$bash_pid" && $BASHPID != "$$" ]] && say "pids as they should be" )

section background
sleep 0.05 & p=$!
wait $p; say "waited $?"
(exit 5) & wait $!; say "background $?"
for i in 1 2 3 4 5; do ( exit $i ) & pids[i]=$!; done
for i in 1 2 3 4 5; do wait "${pids[i]}"; say "child $i: $?"; done
wait; say "wait without children $?"
wait 999999 2>/dev/null; say "wait for a stranger $?"
sleep 5 & p=$!
kill $p; wait $p; say "terminated $?"
sleep 5 & p=$!
sleep 1 # till it runs: of signals that wait for a process being born, the lowest number comes first
kill -INT $p; kill -QUIT $p; kill -HUP $p; wait $p; say "hung up $?"
(sleep 0.05; exit 3) & (sleep 0.4; exit 4) &
wait -n; say "first $?"
wait -n; say "second $?"
coproc CAT { cat; }
echo through >&"${CAT[1]}"
read -r back <&"${CAT[0]}"; say "coproc $back"
eval "exec ${CAT[1]}>&-"; wait "$CAT_PID" 2>/dev/null; say "coproc ends $?"

section traps
trap 'say got USR1' USR1
kill -USR1 $$
trap 'say got USR2' USR2
( kill -USR2 $$ )
: ; sleep 0.01
trap '' USR1; kill -USR1 $$; say ignored
trap - USR1 USR2
trap -p | grep -c USR
t() { trap 'say RETURN trap' RETURN; say in t; }
t; trap - RETURN
trap 'say ERR trap $?' ERR; false; trap - ERR
trap 'say DEBUG' DEBUG; trap - DEBUG
( trap 'say exit trap of the subshell' EXIT; say body )
trap 'say CHLD' CHLD; (exit 0); trap - CHLD
sleep 5 & p=$!
trap 'say alarm' ALRM
( sleep 0.1; kill -ALRM $$ ) & killer=$!
wait $p; say "wait interrupted: $(( $? > 128 ))"
kill $p; wait; trap - ALRM

section job control
jobs > /dev/null
set -m
sleep 5 & say "$(jobs -r | grep -c Running) running"
kill -STOP %%; while [[ $(jobs -s) != *Stopped* ]]; do sleep 0.01; done
jobs | sed 's/^\[.*\]//; s/  */ /g'
bg %% > /dev/null; say "bg $?"
while [[ $(jobs -r) != *Running* ]]; do sleep 0.01; done
kill %%; wait %% 2>/dev/null; say "job killed $?"
sleep 0.1 & fg %% > /dev/null; say "fg $?"
( kill -STOP $BASHPID; exit 6 ) &
while [[ $(jobs -s) != *Stopped* ]]; do sleep 0.01; done
fg %+ > /dev/null; say "continued in the foreground $?"
sleep 0.3 & sleep 0.2 & wait; say "both done $?"
sleep 5 | sleep 5 & p=$!
pgid=$(ps -o pgid= -p $p 2>/dev/null | tr -d ' ')
say "a group of its own: $(( ${pgid:-0} != $$ ))"
kill -TERM %%; wait $p; say "the group ended $?"
disown -a; say "jobs left: $(jobs | wc -l)"
set +m

section descriptors
exec 3> out; echo three >&3; exec 3>&-; cat out
exec 4<> rw; echo four >&4; exec 4>&-; cat rw
exec {fd}> named; echo named >&$fd; exec {fd}>&-; cat named
{ echo a; echo b >&2; } > both 2>&1; sort both
echo appended >> both; wc -l < both
( ulimit -n 20; ulimit -n )
( umask 077; : > private; stat -c %a private )
mkfifo pipe; (echo through the fifo > pipe) & cat pipe; wait
diff <(seq 1 5) <(seq 2 6) | tail -n 2
set -C; echo x > both 2>/dev/null; say "noclobber $?"; set +C

section programs
/bin/busybox sh -c 'echo $# $1; exit 12' sh a b; say "busybox $?"
command -v sh > /dev/null && say "sh found"
no-such-command 2>/dev/null; say "not found $?"
/ 2>/dev/null; say "not executable $?"
printf '#!/bin/busybox sh\necho script $1\n' > s; chmod +x s; ./s arg
printf 'echo no interpreter line\n' > n; chmod +x n; ./n
env -i /bin/busybox env | sort | head -n 3
( exec /bin/busybox echo replaced )
exec 5< /dev/null; ( exec 5<&-; : <&5 ) 2>/dev/null; say "closed $?"
timeout 0.1 sleep 5; say "timeout $?"
echo $(( $(nice -n 5 nice) - $(nice) ))
setsid -w sh -c 'exit 8'; say "setsid $?"
echo 1 2 3 4 5 6 | xargs -n 2 -P 1 echo
seq 1 20 | xargs -n 1 -P 4 sh -c 'echo $(( $1 * $1 ))' x | sort -n | tail -n 2

section loops
# Here-documents in pipelines, a server on a fifo, traps that run in subshells.
tr a-z A-Z <<'END' | sort -r | while read -r a b; do echo "<$a|$b>"; done
one two $HOME
three four
END
mkfifo q; { while read -r x; do echo "served $x"; done < q; } &
server=$!
for x in first second; do echo $x; done > q
wait $server
echo "server $?"
rm q
(trap 'echo "subshell exit $?"' EXIT; false; exit 12)
echo "status $?"
f() { trap 'echo returned' RETURN; local IFS=:; set -- a b; echo "$*"; }
f
trap 'echo "err at ${FUNCNAME[0]:-top}"' ERR
g() { false; }
set -E
g || echo "no trap for what is tested"
g
trap - ERR
diff <(seq 3) <(seq 2 4)
mapfile -t lines < <(printf '%s\n' x y z)
echo "${#lines[@]} ${lines[*]:1}"
true | false | (exit 9); echo "${PIPESTATUS[@]}"
printf '%s\n' a b c | { read -r x; echo "read $x"; cat | wc -l; }
select_words() { while (( $# )); do case $1 in b*) echo "b: $1";;& *r) echo "r: $1";; esac; shift; done; }
select_words bar foo far
select_words baz
( ( ( exit 5 ) || exit $(( $? + 1 )) ) || echo "nested $?" )

n=0; for i in {1..40}; do (( n += $(echo $i) )); done; say $n
for i in {1..40}; do ( exit 0 ) || say no; done; say "40 subshells"
i=0; until (( i >= 20 )); do : & (( i++ )); done; wait; say "20 jobs"
trap 'say bye; exit 17' EXIT
exit 3
