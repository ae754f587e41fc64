using Ksmg.Sdk.Packages;

namespace Ksmg.Sdk;

/// <summary>
/// One reading of a package that is sent in pieces: it is inflated and hashed once from its start to its end, and begun anew only where a piece
/// has to be sent again.
/// </summary>
internal sealed class PieceReading(UpdatePackageFile package, long pieceBytes) : IDisposable
{
    private PackageReader? _reader;

    /// <summary>The size of every piece but the last.</summary>
    public long PieceBytes => pieceBytes;

    /// <summary>The reader at the start of a piece.</summary>
    /// <exception cref="PackageException">The package cannot be read.</exception>
    public PackageReader At(long offset)
    {
        if (_reader?.Position != offset)
        {
            _reader?.Dispose();
            _reader = package.Open();
            byte[] passed = new byte[PackageSource.BufferSize];
            while (_reader.Position < offset)
            {
                _ = _reader.Read(passed.AsSpan(0, (int)Math.Min(passed.Length, offset - _reader.Position)));
            }
        }

        return _reader;
    }

    public void Dispose() => _reader?.Dispose();
}
