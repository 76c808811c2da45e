# SPDX-License-Identifier: GPL-2.0-or-later
# What zsh does with processes.
emulate -R zsh
exec 2> /dev/null
say() { print -r -- "$*" }
seq 1 100 | awk '{ s += $1 } END { print s }'
print -l c a b | sort | while read -r x; do say "got $x"; done
true | false | true; say "pipestatus $pipestatus"
print both | tee one > two; cat one two
x=$(print sub; exit 4); say "$x $?"
say =(print in a file)(N:t) | grep -c zsh
diff <(seq 1 3) <(seq 2 4) | tail -n 1
cat <<END
here $((2 ** 10)) $(print nested)
END
cat <<< "a here-string"
(exit 3); say "subshell $?"
( sh -c 'kill -TERM $PPID'; : ); say "killed $?"
typeset -A q
sleep 0.05 & wait $!; say "waited $?"
(exit 9) & p=$!; wait $p; say "background $?"
for i in 1 2 3; do ( exit $i ) & q[$i]=$!; done
for i in 1 2 3; do wait $q[$i]; say "child $i $?"; done
TRAPUSR1() { say "trapped $1" }
kill -USR1 $$
unfunction TRAPUSR1
trap 'say usr2' USR2; kill -USR2 $$; trap - USR2
sleep 5 & kill -KILL $!; wait $!; say "job $?"
coproc cat; print -p to the coprocess; read -p line; say "$line"
coproc :
for i in {1..40}; do (( n += $(print $i) )); done; say $n
integer s; for ((i = 0; i < 20; i++)) { ( exit 0 ) && (( s++ )) }; say "$s subshells"
TRAPEXIT() { say bye }
exit 5
