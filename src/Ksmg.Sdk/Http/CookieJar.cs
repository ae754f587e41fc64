using System.Collections.Immutable;

namespace Ksmg.Sdk.Http;

/// <summary>
/// The cookies of one session on one node. Which of them goes where is decided as browsers decide it, and never by the order of a table.
/// </summary>
/// <param name="tokenName">Part of the name of every cookie whose value goes into a header.</param>
internal sealed class CookieJar(string tokenName)
{
    private const int MaxCookies = 50;

    /// <summary>In the order in which the node first set them.</summary>
    private ImmutableList<NodeCookie> _cookies = [];

    /// <summary>Another object for as soon as there are other cookies.</summary>
    public object State => _cookies;

    public IEnumerable<string> Values => _cookies.Select(c => c.Value);

    /// <summary>The names of the cookies that could be the token.</summary>
    public IEnumerable<string> TokenNames => _cookies.Where(IsToken).Select(c => c.Name).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal);

    /// <summary>Takes over the cookies of an answer.</summary>
    /// <param name="address">The address that answered.</param>
    /// <param name="response">Its answer.</param>
    /// <param name="now">When it came, for a node that does not tell its own time: its date of an end means nothing by another clock.</param>
    public void Absorb(Uri address, HttpResponseMessage response, DateTimeOffset now)
    {
        if (!response.Headers.TryGetValues("Set-Cookie", out IEnumerable<string>? lines))
        {
            return;
        }

        foreach (string line in lines)
        {
            if (NodeCookie.Read(line, address, response.Headers.Date ?? now) is var (cookie, isTakenBack))
            {
                ImmutableInterlocked.Update(ref _cookies, isTakenBack ? Without : With, cookie);
            }
        }
    }

    /// <summary>The value of the header <c>Cookie</c>, or nothing.</summary>
    public string? Header(Uri address)
    {
        string[] sent = [.. Sent(address).Select(c => $"{c.Name}={c.Value}")];
        return sent.Length > 0 ? string.Join("; ", sent) : null;
    }

    /// <summary>The token for a header: of the cookie of its own name where there is one, else of the one there is.</summary>
    public string? Token(string header, Uri address)
    {
        NodeCookie[] tokens = [.. Ordered(_cookies, address).Where(IsToken)];
        NodeCookie? token = Array.Find(tokens, c => c.Name.Equals(header, StringComparison.OrdinalIgnoreCase))
            ?? Array.Find(tokens, c => header.Equals("X-" + c.Name, StringComparison.OrdinalIgnoreCase));
        return (token ?? tokens.FirstOrDefault())?.Value;
    }

    /// <summary>
    /// Of each name those that fit the address. Where none does, the last one: a node reached by another name or through another path than
    /// it thinks still means itself, and its cookies go to it alone.
    /// </summary>
    private IEnumerable<NodeCookie> Sent(Uri address) =>
        Ordered(
            _cookies.GroupBy(c => c.Name, StringComparer.Ordinal)
                .SelectMany(same => same.Any(c => c.Fits(address)) ? same.Where(c => c.Fits(address)) : [same.Last()]),
            address);

    /// <summary>As in a browser: the longest path first, then the oldest.</summary>
    private static IOrderedEnumerable<NodeCookie> Ordered(IEnumerable<NodeCookie> cookies, Uri address) =>
        cookies.OrderByDescending(c => c.Fits(address)).ThenByDescending(c => c.Path.Length);

    private bool IsToken(NodeCookie cookie) => cookie.Name.Contains(tokenName, StringComparison.OrdinalIgnoreCase);

    private static ImmutableList<NodeCookie> With(ImmutableList<NodeCookie> cookies, NodeCookie cookie)
    {
        int at = cookies.FindIndex(cookie.IsSame);
        return at >= 0 ? cookies.SetItem(at, cookie) : cookies.Count < MaxCookies ? cookies.Add(cookie) : cookies;
    }

    /// <summary>A node that takes a cookie back under another path means the one there is, if there is but one.</summary>
    private static ImmutableList<NodeCookie> Without(ImmutableList<NodeCookie> cookies, NodeCookie cookie)
    {
        int at = cookies.FindIndex(cookie.IsSame);
        NodeCookie[] named = [.. cookies.Where(c => c.Name == cookie.Name)];
        return at >= 0 ? cookies.RemoveAt(at) : named is [NodeCookie only] ? cookies.Remove(only) : cookies;
    }
}
