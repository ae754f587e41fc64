using System.Globalization;
using System.Net;
using System.Security.Cryptography;
using System.Text;
using Ksmg.Sdk;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Options;

namespace Ksmg.Web;

/// <summary>Decides who comes in: from where, under which name of the page, from which site, and as whom.</summary>
internal sealed class Gatekeeper(IOptions<KsmgWebOptions> configured, TimeProvider time)
{
    /// <summary>What a call that changes something has to carry: no other site can add it without asking first.</summary>
    public const string OwnHeader = "X-Ksmg";

    private const int LongestName = 200;
    private const string Bearer = "Bearer ";

    private readonly KsmgWebOptions _options = configured.Value;
    private readonly FailedLogins _failed = new(time);
    private readonly Sessions _sessions = new(time);
    private readonly HashSet<KsmgWebToken> _used = [];
    private readonly Lock _gate = new();

    /// <summary>Whether somebody can sign in with a token.</summary>
    public bool TakesTokens => _options.Tokens.Count > 0;

    /// <summary>What can stand in a journal as the name of somebody.</summary>
    public static bool IsName(string? name) => !string.IsNullOrWhiteSpace(name) && name.Length <= LongestName && Printable.Line(name) == name;

    /// <summary>Why a call is refused whoever makes it; <see langword="null"/>: it is not.</summary>
    /// <param name="context">The call.</param>
    /// <param name="isData">Whether it is for data, which only the page itself asks for.</param>
    public Refusal? Refuse(HttpContext context, bool isData)
    {
        bool isLocal = IsLoopback(context.Connection.RemoteIpAddress) && IsLoopback(context.Connection.LocalIpAddress);
        if (!isLocal && !_options.AllowRemote)
        {
            return new Refusal(StatusCodes.Status403Forbidden, Words.Get("refused.remote"));
        }

        // Whoever connects over loopback and calls the page by another name was led here by a name that somebody else owns.
        if ((isLocal || _options.Hosts.Count > 0) && !IsOurName(context.Request.Host.Host))
        {
            return new Refusal(StatusCodes.Status421MisdirectedRequest, Words.Get("refused.host", Printable.OneLine(context.Request.Host.Host)));
        }

        return isData && IsForeign(context.Request) ? new Refusal(StatusCodes.Status403Forbidden, Words.Get("refused.foreign")) : null;
    }

    /// <summary>Who makes a call, or why nobody is recognised.</summary>
    public (Visitor? Visitor, Refusal? Refusal) Recognise(HttpContext context)
    {
        if (context.Request.Headers.Authorization.ToString() is { Length: > 0 } authorization && authorization.StartsWith(Bearer, StringComparison.Ordinal))
        {
            (KsmgWebToken? token, Refusal? refusal) = Try(context, authorization[Bearer.Length..].Trim(), isSession: false);
            return (token is null ? null : new Visitor(token.Name, token.Role), refusal);
        }

        if (context.Request.Cookies.TryGetValue(CookieOf(context), out string? session) && _sessions.Find(session) is { } known)
        {
            return (known, null);
        }

        // A comma says that somebody added a name to what the proxy says.
        if (_options.IdentityHeader is { } header && IsProxy(context.Connection.RemoteIpAddress)
            && context.Request.Headers[header] is [{ } name] && IsName(name) && !name.Contains(',', StringComparison.Ordinal))
        {
            return (new Visitor(name, _options.Operators.Contains(name) ? KsmgWebRole.Operator : KsmgWebRole.Reader), null);
        }

        // Only where nobody has to say who they are.
        return !TakesTokens && _options.IdentityHeader is null
            ? (new Visitor(_options.LocalName, _options.LocalRole), null)
            : (null, new Refusal(StatusCodes.Status401Unauthorized, Words.Get("refused.unknown")));
    }

    /// <summary>Whether somebody who was recognised would be so still.</summary>
    public bool IsStillIn(Visitor visitor) => visitor.Session is null || _sessions.Find(visitor.Session) is not null;

    /// <summary>Opens a session for whoever has a token.</summary>
    public Refusal? SignIn(HttpContext context, string value)
    {
        (KsmgWebToken? token, Refusal? refusal) = Try(context, value, isSession: true);
        if (token is not null)
        {
            context.Response.Cookies.Append(CookieOf(context), _sessions.Open(token.Name, token.Role), CookieOptionsOf(context));
        }

        return refusal;
    }

    public void SignOut(HttpContext context)
    {
        if (context.Request.Cookies.TryGetValue(CookieOf(context), out string? session))
        {
            _sessions.Close(session);
            context.Response.Cookies.Delete(CookieOf(context), CookieOptionsOf(context));
        }
    }

    private (KsmgWebToken? Token, Refusal? Refusal) Try(HttpContext context, string value, bool isSession)
    {
        IPAddress address = context.Connection.RemoteIpAddress ?? IPAddress.None;
        if (_failed.WaitOf(address) is { } wait)
        {
            return (null, new Refusal(StatusCodes.Status429TooManyRequests, Words.Get("refused.often", wait), wait));
        }

        // Every token is compared, and by hash: how long it takes tells neither which one nor how much of it was right.
        byte[] given = SHA256.HashData(Encoding.UTF8.GetBytes(value));
        KsmgWebToken? found = null;
        foreach (KsmgWebToken token in _options.Tokens)
        {
            if (CryptographicOperations.FixedTimeEquals(given, SHA256.HashData(Encoding.UTF8.GetBytes(token.Value))))
            {
                found = token;
            }
        }

        if (found is { Once: true } && !(isSession && IsFirstUse(found)))
        {
            found = null;
        }

        if (found is null)
        {
            _failed.Add(address);
            return (null, new Refusal(StatusCodes.Status401Unauthorized, Words.Get("refused.token")));
        }

        return (found, null);
    }

    private bool IsFirstUse(KsmgWebToken token)
    {
        lock (_gate)
        {
            return _used.Add(token);
        }
    }

    private bool IsProxy(IPAddress? address) => address is not null
        && (_options.Proxies.Contains(address) || address.IsIPv4MappedToIPv6 && _options.Proxies.Contains(address.MapToIPv4()));

    private bool IsOurName(string host) => _options.Hosts.Contains(host)
        || host.Equals("localhost", StringComparison.OrdinalIgnoreCase)
        || IPAddress.TryParse(host.Trim('[', ']'), out IPAddress? address) && IPAddress.IsLoopback(address);

    /// <summary>Whether another site asks, or, where something is to be changed, anything but this page.</summary>
    private static bool IsForeign(HttpRequest request)
    {
        if (request.Headers["Sec-Fetch-Site"] is [{ } site] && site is not ("same-origin" or "none"))
        {
            return true;
        }

        // Behind a proxy the scheme is the proxy's; the name and the port are the page's own.
        if (request.Headers.Origin is [{ } origin]
            && !(Uri.TryCreate(origin, UriKind.Absolute, out Uri? from) && from.Authority.Equals(request.Host.Value, StringComparison.OrdinalIgnoreCase)))
        {
            return true;
        }

        return !HttpMethods.IsGet(request.Method) && !request.Headers.ContainsKey(OwnHeader);
    }

    private static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(address);

    /// <summary>Cookies know no ports: two pages on one machine must not sign each other out.</summary>
    private static string CookieOf(HttpContext context) => string.Create(CultureInfo.InvariantCulture, $"ksmg-{context.Connection.LocalPort}");

    private static CookieOptions CookieOptionsOf(HttpContext context) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = context.Request.IsHttps,
        Path = "/",
        IsEssential = true,
    };
}
