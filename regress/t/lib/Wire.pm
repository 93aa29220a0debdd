
# A connection that speaks the server's protocol by itself, over its socket: so that a test may break it off anywhere, and
# knows of each write whether it was acknowledged, refused, or neither.

package Wire;

use strict;
use warnings;

use IO::Socket::UNIX;
use Time::HiRes qw(time);

# Connect, or return undef and leave why in $Wire::error: an SQLSTATE, or "lost".
our $error = '';

sub connect
{
	my ($class, $path, $user, $database) = @_;
	my $self = bless { in => '' }, $class;

	$error = 'lost';
	$self->{socket} = IO::Socket::UNIX->new(Type => SOCK_STREAM, Peer => $path) or return;
	my $parameters = "user\0$user\0database\0$database\0client_encoding\0UTF8\0\0";
	$self->put(pack('NN', length($parameters) + 8, 196608) . $parameters) or return;
	my $answer = $self->answer(60);
	if (!defined $answer->{ready})
	{
		$error = $answer->{sqlstate} if defined $answer->{sqlstate};
		return;
	}
	$self->{pid} = $answer->{pid};
	return $self;
}

sub put
{
	my ($self, $bytes) = @_;

	local $SIG{PIPE} = 'IGNORE';
	while (length $bytes)
	{
		my $n = syswrite($self->{socket}, $bytes);
		return 0 unless defined $n;
		substr($bytes, 0, $n) = '';
	}
	return 1;
}

sub message
{
	my ($type, $body) = @_;
	return $type . pack('N', length($body) + 4) . $body;
}

# Exactly that many bytes, or undef when the connection ends first.
sub take
{
	my ($self, $n, $until) = @_;

	while (length $self->{in} < $n)
	{
		my $bits = '';
		vec($bits, fileno($self->{socket}), 1) = 1;
		my $left = $until - time;
		return if $left <= 0;
		next unless select($bits, undef, undef, $left) > 0;
		my $got = sysread($self->{socket}, $self->{in}, 65536, length $self->{in});
		return unless $got;
	}
	return substr($self->{in}, 0, $n, '');
}

# What the server says up to ReadyForQuery, or to where it asks for rows: rows, tags, sqlstate and message of an error.
# Without "ready" the connection is lost, and nobody knows what came of what was sent.
sub answer
{
	my ($self, $seconds) = @_;
	my $until = time + ($seconds || 120);
	my %a = (rows => [], tags => []);

	while (1)
	{
		my $head = $self->take(5, $until);
		last unless defined $head;
		my ($type, $length) = unpack('aN', $head);
		my $body = $self->take($length - 4, $until);
		last unless defined $body;
		if ($type eq 'D')
		{
			my @row;
			my $n = unpack('n', $body);
			my $at = 2;
			for (1 .. $n)
			{
				my $size = unpack('l>', substr($body, $at, 4));
				$at += 4;
				push @row, $size < 0 ? undef : substr($body, $at, $size);
				$at += $size if $size > 0;
			}
			push @{ $a{rows} }, \@row;
		}
		elsif ($type eq 'C')
		{
			push @{ $a{tags} }, unpack('Z*', $body);
		}
		elsif ($type eq 'E')
		{
			my %field = map { substr($_, 0, 1) => substr($_, 1) } grep { length } split /\0/, $body;
			@a{ 'sqlstate', 'message', 'severity' } = @field{ 'C', 'M', 'V' };
			last if $field{V} =~ /^(?:FATAL|PANIC)$/;
		}
		elsif ($type eq 'K')
		{
			$a{pid} = unpack('N', $body);
		}
		elsif ($type eq 'Z' || $type eq 'G')
		{
			$a{ready} = $type;
			last;
		}
	}
	return \%a;
}

sub query
{
	my ($self, $sql, $seconds) = @_;

	return { rows => [], tags => [] } unless $self->put(message('Q', "$sql\0"));
	return $self->answer($seconds);
}

# Rows for a COPY that has been begun; end() completes it.
sub copy_rows
{
	my ($self, @lines) = @_;
	return $self->put(join '', map { message('d', "$_\n") } @lines);
}

sub copy_end
{
	my ($self) = @_;

	return { rows => [], tags => [] } unless $self->put(message('c', ''));
	return $self->answer;
}

# Sends the statement, and is gone before the answer.
sub send_and_cut
{
	my ($self, $sql) = @_;

	$self->put(message('Q', "$sql\0"));
	return $self->cut;
}

sub cut
{
	my ($self) = @_;

	close $self->{socket} if $self->{socket};
	undef $self->{socket};
	return;
}

1;
