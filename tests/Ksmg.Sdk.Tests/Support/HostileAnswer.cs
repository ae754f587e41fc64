using System.Globalization;
using System.Text;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What a <see cref="HostileNode"/> says: bytes in pieces, one write each.</summary>
internal sealed class HostileAnswer(Func<IAsyncEnumerable<ReadOnlyMemory<byte>>> pieces)
{
    /// <summary>How every good answer begins.</summary>
    public const string GoodStatus = "HTTP/1.1 200 Whatever\r\n";

    public Func<IAsyncEnumerable<ReadOnlyMemory<byte>>> Pieces => pieces;

    public bool IsHostile { get; init; } = true;

    /// <summary>Whether the connection can be used again.</summary>
    public bool IsWhole { get; init; }

    /// <summary>Bytes as they are, each character one of them.</summary>
    public static HostileAnswer Raw(string text) => Raw(Encoding.Latin1.GetBytes(text));

    public static HostileAnswer Raw(byte[] bytes) => new(() => One(bytes));

    /// <summary>A well-formed answer.</summary>
    public static byte[] Respond(string body, string type = "application/json", int status = 200, string more = "") =>
        Respond(Encoding.UTF8.GetBytes(body), type, status, more);

    public static byte[] Respond(byte[] body, string type = "application/json", int status = 200, string more = "")
    {
        string head = string.Create(
            CultureInfo.InvariantCulture, $"HTTP/1.1 {status} Whatever\r\nContent-Type: {type}\r\nContent-Length: {body.Length}\r\n{more}\r\n");
        return [.. Encoding.Latin1.GetBytes(head), .. body];
    }

    /// <summary>A beginning, and then the same over and over: at most <paramref name="most"/> bytes of it.</summary>
    public static HostileAnswer Endless(string beginning, string again, long most = 100_000_000)
    {
        byte[] block = Encoding.Latin1.GetBytes(string.Concat(Enumerable.Repeat(again, Math.Max(1, 16_384 / again.Length))));
        return new HostileAnswer(Pieces);

        async IAsyncEnumerable<ReadOnlyMemory<byte>> Pieces()
        {
            await Task.CompletedTask;
            yield return Encoding.Latin1.GetBytes(beginning);
            for (long said = 0; said < most; said += block.Length)
            {
                yield return block;
            }
        }
    }

    /// <summary>A byte now and then, for as long as somebody listens.</summary>
    public static HostileAnswer Trickle(string beginning, string again, TimeSpan pause)
    {
        return new HostileAnswer(Pieces);

        async IAsyncEnumerable<ReadOnlyMemory<byte>> Pieces()
        {
            yield return Encoding.Latin1.GetBytes(beginning);
            using PeriodicTimer timer = new(pause, TimeProvider.System);
            for (int i = 0; await timer.WaitForNextTickAsync(); i++)
            {
                yield return Encoding.Latin1.GetBytes(again[(i % again.Length)..(i % again.Length + 1)]);
            }
        }
    }

    /// <summary>The same bytes, cut otherwise.</summary>
    public static HostileAnswer InPieces(byte[] bytes, Func<byte[], IEnumerable<int>> lengths, bool isHostile = true)
    {
        return new HostileAnswer(Pieces) { IsWhole = true, IsHostile = isHostile };

        async IAsyncEnumerable<ReadOnlyMemory<byte>> Pieces()
        {
            int at = 0;
            foreach (int length in lengths(bytes))
            {
                yield return bytes.AsMemory(at, Math.Min(length, bytes.Length - at));
                await Task.Yield();
                at += length;
            }
        }
    }

    /// <summary>The same with something more behind its first bytes, where it begins with them.</summary>
    public HostileAnswer After(string beginning, string more)
    {
        return new HostileAnswer(Changed) { IsHostile = IsHostile, IsWhole = IsWhole };

        async IAsyncEnumerable<ReadOnlyMemory<byte>> Changed()
        {
            string? begun = "";
            await foreach (ReadOnlyMemory<byte> piece in pieces())
            {
                if (begun is null)
                {
                    yield return piece;
                    continue;
                }

                begun += Encoding.Latin1.GetString(piece.Span);
                if (begun.Length >= beginning.Length)
                {
                    yield return Encoding.Latin1.GetBytes(
                        begun.StartsWith(beginning, StringComparison.Ordinal) ? begun.Insert(beginning.Length, more) : begun);
                    begun = null;
                }
            }

            yield return Encoding.Latin1.GetBytes(begun ?? "");
        }
    }

    private static async IAsyncEnumerable<ReadOnlyMemory<byte>> One(byte[] bytes)
    {
        await Task.CompletedTask;
        yield return bytes;
    }
}
