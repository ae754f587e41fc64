using System.IO.Hashing;
using System.Security.Cryptography;
using Microsoft.Win32.SafeHandles;

namespace Ksmg.Sdk.Packages;

/// <summary>
/// Reads one KTGZ once, in full buffers, and proves it on the way: no byte more or less than announced, CRC-32, SHA-256, and the
/// same file as before. The last bytes are handed out only when all of it holds, so nobody ever has a damaged file complete.
/// </summary>
internal sealed class PackageReader : Stream
{
    private readonly PackageSource _source;
    private readonly SafeFileHandle _file;
    private readonly Stream _bytes;
    private readonly string? _expectedSha256;
    private readonly IncrementalHash? _hash;
    private readonly Crc32? _crc;
    private long _position;

    /// <summary>From an offset nothing can be hashed; the node's own SHA-256 proves the whole.</summary>
    public PackageReader(PackageSource source, SafeFileHandle file, Stream bytes, string? expectedSha256, long offset)
    {
        _source = source;
        _file = file;
        _bytes = bytes;
        _expectedSha256 = expectedSha256;
        _position = offset;
        _hash = offset == 0 ? IncrementalHash.CreateHash(HashAlgorithmName.SHA256) : null;
        _crc = offset == 0 && source.Crc is not null ? new Crc32() : null;
    }

    /// <summary>SHA-256 of the whole, hex, once the end was read.</summary>
    public string? Sha256 { get; private set; }

    public override bool CanRead => true;

    public override bool CanSeek => false;

    public override bool CanWrite => false;

    public override long Length => _source.Length;

    public override long Position
    {
        get => _position;
        set => throw new NotSupportedException();
    }

    /// <summary>Fills the buffer unless the end comes first: an inflater hands out a few KB at a time.</summary>
    /// <exception cref="PackageException">The bytes are damaged, cannot be read, or are not those of before.</exception>
    public override int Read(Span<byte> buffer)
    {
        buffer = buffer[..(int)Math.Min(buffer.Length, _source.Length - _position)];
        int filled = 0;
        try
        {
            while (filled < buffer.Length)
            {
                int read = _bytes.Read(buffer[filled..]);
                if (read == 0)
                {
                    throw _source.Refuse(Words.Get("package.ends-early", _position + filled, _source.Length));
                }

                filled += read;
            }

            _position += filled;
            _crc?.Append(buffer);
            _hash?.AppendData(buffer);

            if (_position == _source.Length && filled > 0)
            {
                ProveEnd();
            }
        }
        catch (InvalidDataException e)
        {
            throw _source.Refuse(Words.Get("package.broken", _position + filled), e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw _source.Refuse(Words.Get("package.unreadable-after", _position + filled, e.Message), e);
        }

        return filled;
    }

    public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            _bytes.Dispose();
            _file.Dispose();
            _hash?.Dispose();
        }

        base.Dispose(disposing);
    }

    private void ProveEnd()
    {
        if (_bytes.ReadByte() >= 0)
        {
            throw _source.Refuse(Words.Get("package.too-long", _source.Length));
        }

        _source.CheckUnchanged(_file);
        if (_hash is null)
        {
            return;
        }

        if (_source.Crc is uint expected && _crc?.GetCurrentHashAsUInt32() is uint crc && crc != expected)
        {
            throw _source.Refuse(Words.Get("package.crc", crc, expected));
        }

        string sha256 = Convert.ToHexStringLower(_hash.GetHashAndReset());
        if (_expectedSha256 is not null && !string.Equals(sha256, _expectedSha256, StringComparison.OrdinalIgnoreCase))
        {
            throw _source.Refuse(Words.Get("package.not-as-verified", sha256, _expectedSha256));
        }

        Sha256 = sha256;
    }
}
