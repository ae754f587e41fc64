using System.Buffers;

namespace Ksmg.Sdk;

/// <summary>The bytes of an answer, bounded, in a rented array that the attempts of a call share.</summary>
internal sealed class AnswerBuffer : IDisposable
{
    /// <summary>No answer of a node is larger.</summary>
    public const int MaxBytes = 4 * 1024 * 1024;

    private byte[] _bytes = ArrayPool<byte>.Shared.Rent(4096);
    private int _length;

    public ReadOnlyMemory<byte> Written => _bytes.AsMemory(0, _length);

    /// <summary>Reads an answer; <see langword="false"/> if it is larger than <see cref="MaxBytes"/>.</summary>
    public async ValueTask<bool> FillAsync(HttpContent content, CancellationToken cancellationToken)
    {
        _length = 0;
        if (content.Headers.ContentLength > MaxBytes)
        {
            return false;
        }

        Stream stream = await content.ReadAsStreamAsync(cancellationToken).ConfigureAwait(false);
        await using (stream.ConfigureAwait(false))
        {
            while (true)
            {
                if (_length == _bytes.Length)
                {
                    Grow();
                }

                int read = await stream.ReadAsync(_bytes.AsMemory(_length), cancellationToken).ConfigureAwait(false);
                if (read == 0)
                {
                    return true;
                }

                _length += read;
                if (_length > MaxBytes)
                {
                    return false;
                }
            }
        }
    }

    public void Dispose() => ArrayPool<byte>.Shared.Return(_bytes);

    private void Grow()
    {
        byte[] larger = ArrayPool<byte>.Shared.Rent(_bytes.Length * 2);
        _bytes.AsSpan(0, _length).CopyTo(larger);
        ArrayPool<byte>.Shared.Return(_bytes);
        _bytes = larger;
    }
}
