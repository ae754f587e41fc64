using System.Globalization;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>What the front of a node remembers of packages that come in pieces, and what goes wrong with them.</summary>
internal sealed class UploadFrontState
{
    private const int FirstNumber = 900;

    private readonly SortedDictionary<int, (string Name, long Size, List<byte> Bytes)> _unfinished = [];
    private int _last;

    /// <summary>The pieces that arrived, by their number from 0.</summary>
    public List<int> Pieces { get; } = [];

    /// <summary>What happens before a piece is taken.</summary>
    public Func<int, Task> Before { get; set; } = _ => Task.CompletedTask;

    /// <summary>What happens after it, before it is answered.</summary>
    public Func<int, Task> After { get; set; } = _ => Task.CompletedTask;

    public string Begin(string name, long size)
    {
        _unfinished[++_last + FirstNumber] = (name, size, []);
        return (_last + FirstNumber).ToString(CultureInfo.InvariantCulture);
    }

    public async Task TakeAsync(string ticket, int index, int offset, byte[] piece)
    {
        await Before(index);
        List<byte> bytes = _unfinished[Number(ticket)].Bytes;
        Assert.Equal(offset, bytes.Count);
        bytes.AddRange(piece);
        Pieces.Add(index);
        await After(index);
    }

    public bool IsWhole(string ticket) => _unfinished[Number(ticket)] is var import && import.Bytes.Count == import.Size;

    public (string Name, byte[] Bytes) End(string ticket)
    {
        (string name, long size, List<byte> bytes) = _unfinished[Number(ticket)];
        Assert.Equal(size, bytes.Count);
        _unfinished.Remove(Number(ticket));
        return (name, [.. bytes]);
    }

    public bool Delete(string id) => int.TryParse(id, CultureInfo.InvariantCulture, out int number) && _unfinished.Remove(number);

    public void List(JsonArray uploads)
    {
        foreach ((int number, (string name, long size, List<byte> bytes)) in _unfinished)
        {
            uploads.Add(new JsonObject
            {
                ["id"] = number,
                ["fileName"] = name,
                ["sizeBytes"] = size,
                ["receivedBytes"] = bytes.Count,
                ["complete"] = false,
            });
        }
    }

    public int Unfinished => _unfinished.Count;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
