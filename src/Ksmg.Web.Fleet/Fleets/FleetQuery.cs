using System.Globalization;
using Ksmg.Sdk.Fleet;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Web.Fleet;

/// <summary>Which clusters somebody wants to see, out of the address of the call; what is too long to be meant is cut.</summary>
/// <param name="Filter">Which ones.</param>
/// <param name="Page">Which page of them, from 1.</param>
internal sealed record FleetQuery(FleetClusterFilter Filter, int Page)
{
    private const int Longest = 200;
    private const int MostLabels = 8;

    public static FleetQuery Of(IQueryCollection query) => new(
        new FleetClusterFilter
        {
            Wave = One(query, "wave"),
            State = One(query, "state"),
            Search = One(query, "search"),
            Labels =
            [
                .. query["label"].OfType<string>().Where(label => label.Length > 0).Take(MostLabels)
                    .Select(label => Cut(label).Split('=', 2)).Select(l => KeyValuePair.Create(l[0], l.Length > 1 ? l[1] : string.Empty)),
            ],
        },
        int.TryParse(One(query, "page"), NumberStyles.None, CultureInfo.InvariantCulture, out int page) ? Math.Max(1, page) : 1);

    private static string? One(IQueryCollection query, string name) =>
        query[name].FirstOrDefault() is { Length: > 0 } value ? Cut(value) : null;

    private static string Cut(string text) => text.Length > Longest ? text[..Longest] : text;
}
