using System.IO.Compression;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;

namespace Ksmg.Simulator;

internal sealed partial class NodeFront
{
    private const long HugeBytes = 100L << 20;
    private const string JsonType = "application/json; charset=utf-8";

    private static readonly byte[] WaitPage = "<!DOCTYPE html><html><body><h1>Please wait</h1><p>The application is starting.</p></body></html>"u8.ToArray();

    private static async Task AnswerDownAsync(HttpContext context, WebState web)
    {
        if (web == WebState.Refused)
        {
            context.Abort();
            return;
        }

        context.Response.StatusCode = web switch
        {
            WebState.BadGateway => 502,
            WebState.Starting => 503,
            _ => 200,
        };
        await WriteAsync(context, "text/html; charset=utf-8", WaitPage).ConfigureAwait(false);
    }

    private static Task AnswerAsync(HttpContext context, int status, JsonObject answer) => WriteAsync(context, JsonType, Shape(context, status, answer));

    /// <summary>Sets the status of an answer, and gives its bytes, both in the shape that the request came in.</summary>
    private static byte[] Shape(HttpContext context, int status, JsonObject answer)
    {
        (context.Response.StatusCode, JsonObject told) = ForeignShape.Tell(context, status, answer);
        return JsonSerializer.SerializeToUtf8Bytes(told, JsonContext.Default.JsonObject);
    }

    /// <summary>An answer that the armed faults spoil.</summary>
    private async Task AnswerAsync(HttpContext context, int status, JsonObject answer, FaultPlan plan)
    {
        if (plan.DelayAfter is { } after)
        {
            await Task.Delay(after, _world.Time, context.RequestAborted).ConfigureAwait(false);
        }

        if (plan.DropsResponse)
        {
            context.Abort();
            return;
        }

        byte[] good = Shape(context, status, answer);
        context.Response.ContentType = JsonType;
        switch (plan.Answer)
        {
            case AnswerFault.None:
                await WriteAsync(context, JsonType, good).ConfigureAwait(false);
                break;
            case AnswerFault.Html:
                await WriteAsync(context, "text/html; charset=utf-8", WaitPage).ConfigureAwait(false);
                break;
            case AnswerFault.Truncated:
                await context.Response.Body.WriteAsync(good.AsMemory(0, good.Length / 2), context.RequestAborted).ConfigureAwait(false);
                await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                context.Abort();
                break;
            case AnswerFault.Slow:
                foreach (byte one in good)
                {
                    await context.Response.Body.WriteAsync(new[] { one }, context.RequestAborted).ConfigureAwait(false);
                    await context.Response.Body.FlushAsync(context.RequestAborted).ConfigureAwait(false);
                    await Task.Delay(TimeSpan.FromSeconds(1), _world.Time, context.RequestAborted).ConfigureAwait(false);
                }

                break;
            case AnswerFault.Huge:
                await WriteBlanksAsync(context.Response.Body, context.RequestAborted).ConfigureAwait(false);
                break;
            case AnswerFault.Bomb:
                context.Response.Headers.ContentEncoding = "gzip";
                var gzip = new GZipStream(context.Response.Body, CompressionLevel.Fastest, leaveOpen: true);
                await using (gzip.ConfigureAwait(false))
                {
                    await WriteBlanksAsync(gzip, context.RequestAborted).ConfigureAwait(false);
                }

                break;
            case AnswerFault.RedirectLoop:
                context.Response.StatusCode = 302;
                context.Response.Headers.Location = context.Request.Path + context.Request.QueryString;
                break;
        }
    }

    /// <summary>A JSON text that begins well and goes on for 100 MB.</summary>
    private static async Task WriteBlanksAsync(Stream target, CancellationToken cancellationToken)
    {
        await target.WriteAsync("{\"data\":{"u8.ToArray(), cancellationToken).ConfigureAwait(false);
        byte[] blanks = Encoding.ASCII.GetBytes(new string(' ', 1 << 16));
        for (long written = 0; written < HugeBytes; written += blanks.Length)
        {
            await target.WriteAsync(blanks, cancellationToken).ConfigureAwait(false);
        }
    }

    private static async Task WriteAsync(HttpContext context, string contentType, byte[] body)
    {
        context.Response.ContentType = contentType;
        context.Response.ContentLength = body.Length;
        await context.Response.Body.WriteAsync(body, context.RequestAborted).ConfigureAwait(false);
    }
}
