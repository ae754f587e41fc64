using System.Net;
using System.Net.Sockets;

namespace Ksmg.Sdk.Infrastructure;

/// <summary>A connection to a mail server, over which a client of MailKit speaks. How much the server may send is bounded here.</summary>
internal sealed class MailStream : Stream
{
    private readonly NetworkStream _stream;
    private long _left;
    private bool _beganTls;

    private MailStream(Socket socket) => _stream = new NetworkStream(socket, ownsSocket: true);

    /// <summary>The own address, as the server may see it.</summary>
    public IPAddress LocalAddress
    {
        get
        {
            IPAddress address = ((IPEndPoint)_stream.Socket.LocalEndPoint!).Address;
            return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
        }
    }

    /// <summary>Whether the answer to the first word in TLS was TLS too (a handshake record, or an alert).</summary>
    public bool? AnswersInTls { get; private set; }

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override bool CanTimeout => true;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    public override int ReadTimeout
    {
        get => _stream.ReadTimeout;
        set => _stream.ReadTimeout = value;
    }

    public override int WriteTimeout
    {
        get => _stream.WriteTimeout;
        set => _stream.WriteTimeout = value;
    }

    public static async Task<MailStream> ConnectAsync(HostPort server, CancellationToken cancellationToken)
    {
        Socket socket = new(SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        try
        {
            await socket.ConnectAsync(server.Host, server.Port, cancellationToken).ConfigureAwait(false);
            return new MailStream(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>So many bytes may come from now on.</summary>
    public void Allow(long bytes) => _left = bytes;

    public override int Read(byte[] buffer, int offset, int count) => Count(_stream.Read(buffer, offset, count), buffer.AsSpan(offset));

    public override async Task<int> ReadAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        await ReadAsync(buffer.AsMemory(offset, count), cancellationToken).ConfigureAwait(false);

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
        Count(await _stream.ReadAsync(buffer, cancellationToken).ConfigureAwait(false), buffer.Span);

    public override void Write(byte[] buffer, int offset, int count) => Write(buffer.AsSpan(offset, count));

    public override void Write(ReadOnlySpan<byte> buffer)
    {
        _beganTls |= BeginsTls(buffer);
        _stream.Write(buffer);
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _beganTls |= BeginsTls(buffer.Span);
        return _stream.WriteAsync(buffer, cancellationToken);
    }

    public override void Flush()
    {
    }

    public override Task FlushAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _stream.Dispose();
        }

        base.Dispose(disposing);
    }

    private static bool BeginsTls(ReadOnlySpan<byte> buffer) => buffer.Length > 0 && buffer[0] == 0x16;

    private int Count(int read, ReadOnlySpan<byte> buffer)
    {
        if (_beganTls && AnswersInTls is null && read > 0)
        {
            AnswersInTls = buffer[0] is 0x15 or 0x16;
        }

        _left -= read;
        return _left >= 0 ? read : throw new IOException(Words.Get("mail.too-much"));
    }
}
