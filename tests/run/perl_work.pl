# SPDX-License-Identifier: GPL-2.0-or-later
# What a Perl program does: hashes, regular expressions, exceptions, processes, pipes, signals.
use strict; use warnings;
$| = 1;
my %n; $n{$_ % 97} += $_ for 1 .. 50000;
print join(' ', map { "$_=$n{$_}" } (sort { $a <=> $b } keys %n)[0 .. 4]), "\n";
my $text = join ' ', map { sprintf '%x', $_ * 2654435761 % 65536 } 1 .. 3000;
my $count = () = $text =~ /\b(\w)\w*\1\b/g;
print "matches $count\n";
(my $t = $text) =~ s/(\d+)/<$1>/g; print length $t, ' ', ($t =~ tr/</</), "\n";
eval { die { code => 42 } }; print "died with $@->{code}\n";
sub deep { my $n = shift; return $n ? 1 + deep($n - 1) : 0 } { no warnings 'recursion'; print deep(5000), "\n"; }
my $pid = fork // die; if (!$pid) { exit 6 } waitpid $pid, 0; print 'child ', $? >> 8, "\n";
print 'backticks ', `echo hi | tr h H`;
open my $p, '-|', 'seq 1 10' or die; my $s = 0; $s += $_ while <$p>; close $p; print "sum $s $?\n";
local $SIG{USR1} = sub { print "usr1\n" }; kill USR1 => $$;
local $SIG{ALRM} = sub { die "alarm\n" }; eval { alarm 1; select undef, undef, undef, 3; }; print "got $@";
pipe my $r, my $w; if (!fork) { close $r; print $w "through a pipe\n"; exit } close $w; print <$r>; wait;
my @sorted = sort { $a->[1] <=> $b->[1] } map { [$_, ($_ * 7919) % 10007] } 1 .. 2000; print "$sorted[0][0] $sorted[-1][0]\n";
printf "%.12f %s %e\n", sqrt 2, 2 ** 70, 1 / 3;
exit 4;
