using System.Globalization;
using System.Text.Json;
using Ksmg.Sdk;
using Ksmg.Sdk.Upgrades;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.Routing;

namespace Ksmg.Web;

/// <summary>The only way in: every call passes here, is refused or recognised, and gets the headers that keep the page what it is.</summary>
internal sealed class Doors(RouteGroupBuilder group, Gatekeeper gatekeeper)
{
    private const int MaxBodyBytes = 16 << 10;

    // Nothing from elsewhere, nothing inline, no frame around it.
    private const string ContentSecurityPolicy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; "
        + "frame-ancestors 'none'";

    /// <summary>A file of the page, or what has to be asked before somebody is known.</summary>
    public void Open(string method, string pattern, Func<HttpContext, Task<IResult>> answer, bool isData = true) =>
        Map(method, pattern, isData, answer);

    /// <summary>A call for those who may look.</summary>
    public void Look(string pattern, Func<HttpContext, Visitor, Task<IResult>> answer) =>
        Map(HttpMethods.Get, pattern, isData: true, context => AnswerAsync(context, KsmgWebRole.Reader, answer));

    /// <summary>A call for those who may decide.</summary>
    public void Decide(string pattern, Func<HttpContext, Visitor, Task<IResult>> answer) =>
        Map(HttpMethods.Post, pattern, isData: true, context => AnswerAsync(context, KsmgWebRole.Operator, answer));

    /// <summary>A problem as the page shows it.</summary>
    public static IResult Problem(Refusal refusal) => TypedResults.Json(new { problem = refusal.Text }, statusCode: refusal.Status);

    /// <summary>What was sent; <see langword="null"/>: nothing that can be read.</summary>
    public static async Task<T?> ReadAsync<T>(HttpContext context)
        where T : class
    {
        if (!context.Request.HasJsonContentType())
        {
            return null;
        }

        try
        {
            return await context.Request.ReadFromJsonAsync<T>(context.RequestAborted).ConfigureAwait(false);
        }
        catch (Exception e) when (e is JsonException or BadHttpRequestException or InvalidOperationException)
        {
            // The last one says that nobody knows the encoding it claims to have.
            return null;
        }
    }

    public static IResult Unreadable() => Problem(new Refusal(StatusCodes.Status400BadRequest, Words.Get("refused.body", MaxBodyBytes)));

    private void Map(string method, string pattern, bool isData, Func<HttpContext, Task<IResult>> answer) =>
        group.MapMethods(pattern, [method], (RequestDelegate)(async context =>
        {
            Protect(context.Response.Headers);
            CultureInfo.CurrentUICulture = CultureInfo.CurrentCulture = LanguageOf(context.Request);
            if (context.Features.Get<IHttpMaxRequestBodySizeFeature>() is { IsReadOnly: false } limit)
            {
                limit.MaxRequestBodySize = MaxBodyBytes;
            }

            IResult result = gatekeeper.Refuse(context, isData) is { } refusal
                ? Refuse(context, refusal)
                : await TryAsync(context, answer).ConfigureAwait(false);
            await result.ExecuteAsync(context).ConfigureAwait(false);
        }));

    private async Task<IResult> AnswerAsync(HttpContext context, KsmgWebRole needs, Func<HttpContext, Visitor, Task<IResult>> answer)
    {
        (Visitor? visitor, Refusal? refusal) = gatekeeper.Recognise(context);
        if (visitor is null)
        {
            return Refuse(context, refusal!);
        }

        return visitor.Role < needs
            ? Refuse(context, new Refusal(StatusCodes.Status403Forbidden, Words.Get("refused.reader", visitor.Name)))
            : await answer(context, visitor).ConfigureAwait(false);
    }

    /// <summary>What the SDK refuses is an answer, in its own words.</summary>
    private static async Task<IResult> TryAsync(HttpContext context, Func<HttpContext, Task<IResult>> answer)
    {
        try
        {
            return await answer(context).ConfigureAwait(false);
        }
        catch (KsmgException e)
        {
            int status = e switch
            {
                CommandRefusedException => StatusCodes.Status409Conflict,
                JournalException => StatusCodes.Status404NotFound,
                _ => StatusCodes.Status502BadGateway,
            };
            return Problem(new Refusal(status, e.Message));
        }
        catch (OperationCanceledException) when (context.RequestAborted.IsCancellationRequested)
        {
            return TypedResults.Empty;
        }
    }

    public static IResult Refuse(HttpContext context, Refusal refusal)
    {
        if (refusal.After is { } wait)
        {
            context.Response.Headers.RetryAfter = ((int)Math.Ceiling(wait.TotalSeconds)).ToString(CultureInfo.InvariantCulture);
        }

        return Problem(refusal);
    }

    /// <summary>The first language of the reader that there are words of.</summary>
    private static CultureInfo LanguageOf(HttpRequest request) =>
        request.GetTypedHeaders().AcceptLanguage.OrderByDescending(l => l.Quality ?? 1)
            .Select(l => WordFile.Culture(l.Value.ToString().Split('-')[0].ToLowerInvariant()))
            .FirstOrDefault(l => l is not null) ?? CultureInfo.InvariantCulture;

    private static void Protect(IHeaderDictionary headers)
    {
        headers.ContentSecurityPolicy = ContentSecurityPolicy;
        headers.XContentTypeOptions = "nosniff";
        headers.XFrameOptions = "DENY";
        headers["Referrer-Policy"] = "no-referrer";
        headers["Cross-Origin-Opener-Policy"] = "same-origin";
        headers["Cross-Origin-Resource-Policy"] = "same-origin";
        headers.CacheControl = "no-store";
    }
}
