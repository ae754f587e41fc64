using System.Text.Json;

namespace Ksmg.Sdk.Http;

/// <summary>Data that is JSON of the right shape and still cannot be: told as another shape of the answer.</summary>
internal sealed class UnusableDataException(string message) : JsonException(message)
{
    /// <summary>Refuses a list in which something is missing.</summary>
    public static void RefuseGaps<T>(IReadOnlyList<T>? list, string name)
    {
        for (int i = 0; i < list?.Count; i++)
        {
            if (list[i] is null)
            {
                throw new UnusableDataException(Words.Get("call.item-null", name, i));
            }
        }
    }

    /// <summary>Refuses a count below zero: what it hides cannot be told.</summary>
    public static void RefuseNegative(long? count, string name)
    {
        if (count < 0)
        {
            throw new UnusableDataException(Words.Get("call.counts-nothing", name, count));
        }
    }
}
