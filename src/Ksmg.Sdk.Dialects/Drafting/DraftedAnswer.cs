using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>How the answer of a call could be read as what an operation tells.</summary>
internal sealed class DraftedAnswer
{
    /// <summary>The expression; <see langword="null"/>: the answer has our form already.</summary>
    public string? Expression { get; set; }

    public JsonObject Words { get; } = [];

    public JsonObject Times { get; } = [];

    /// <summary>Our fields that were found, by their full names.</summary>
    public List<string> Found { get; } = [];

    /// <summary>Fields an operation cannot do without that were not.</summary>
    public List<string> Missing { get; } = [];

    /// <summary>Values that stand for a word of ours, nobody knows which: field and value.</summary>
    public List<(string Field, string Word)> Unknown { get; } = [];

    /// <summary>How much of it speaks for the operation.</summary>
    public int Score => Missing.Count > 0 ? -2 * Missing.Count : 5 + Math.Min(Found.Count, 8);
}
