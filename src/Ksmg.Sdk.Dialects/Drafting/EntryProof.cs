using System.Text.Json;
using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Dialects;

/// <summary>Reads a drafted entry as it will be read, and with it the answers that were recorded: what fails there is not sure.</summary>
internal static class EntryProof
{
    /// <summary>What is wrong with an entry, in words; nothing: it holds.</summary>
    /// <param name="reader">What reads the catalogue it will stand in.</param>
    /// <param name="match">The operation it is drafted for.</param>
    /// <param name="entry">The entry.</param>
    /// <param name="told">The calls whose answers tell something; <see langword="null"/>: none has to.</param>
    public static IEnumerable<string> Doubts(CatalogueReader reader, OperationMatch match, JsonObject entry, CallGroup? told)
    {
        string operation = match.Clues.Operation;
        OperationEntry read;
        try
        {
            CatalogueEntryOptions written = entry.Deserialize(DialectJson.Default.CatalogueEntryOptions)!;
            read = reader.Read(operation, [written], OperationCatalogue.Shipped.Operations[operation][0]).First();
        }
        catch (JsonException e)
        {
            return [Words.Get("draft.refused", Sdk.Words.OneLine(e.Message))];
        }

        if (reader.Faults.Count > 0)
        {
            return [Words.Get("draft.refused", string.Join("; ", reader.Faults))];
        }

        try
        {
            if (match.Clues.Shape is { } shape && match.Answer is { Missing.Count: 0 })
            {
                foreach (RecordedCall call in told?.Good ?? [])
                {
                    Envelope envelope = read.Mapping?.Read(Bytes(call.Answer), shape) ?? Envelope.Parse(Bytes(call.Answer));
                    _ = envelope.HasError ? throw new JsonException() : JsonSerializer.Deserialize(envelope.Data.Span, shape);
                }
            }

            return [];
        }
        catch (JsonException)
        {
            // What the answer said stays out of it.
            return [Words.Get("draft.unreadable")];
        }
    }

    /// <summary>An answer as it came.</summary>
    public static byte[] Bytes(JsonNode? answer) => JsonSerializer.SerializeToUtf8Bytes(answer, KsmgJson.Default.JsonNode!);
}
