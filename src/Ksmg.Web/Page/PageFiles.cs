using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Ksmg.Sdk;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ksmg.Web;

/// <summary>The page: its files and its words, out of this assembly. They hold nothing of any run, and can be had without signing in.</summary>
internal static class PageFiles
{
    private const string Folder = "Ksmg.Web.Page.";

    /// <summary>How the keys of the SDK's words begin that the page says too.</summary>
    private static readonly string[] Shared = ["step.", "report.end.", "report.node."];

    private static readonly Assembly Own = typeof(PageFiles).Assembly;

    private static readonly (string Path, string Name, string Type)[] Files =
    [
        ("/", "index.html", "text/html"),
        ("/page.css", "page.css", "text/css"),
        ("/page.js", "page.js", "text/javascript"),
        ("/view.js", "view.js", "text/javascript"),
        ("/run.js", "run.js", "text/javascript"),
        ("/decision.js", "decision.js", "text/javascript"),
        ("/figure.js", "figure.js", "text/javascript"),
    ];

    public static void Map(Doors doors)
    {
        foreach ((string path, string name, string type) in Files)
        {
            doors.Open(
                HttpMethods.Get, path,
                context => Task.FromResult<IResult>(path == "/" && !EndsWithSlash(context) ? Root(context) : File(name, type)), isData: false);
        }

        doors.Open(HttpMethods.Get, "/words.json", context => Task.FromResult<IResult>(WordsOf()), isData: false);
    }

    /// <summary>The words of the page, and those of the SDK for steps and states: each stands in one place.</summary>
    private static ContentHttpResult WordsOf()
    {
        CultureInfo language = CultureInfo.CurrentUICulture;
        using Stream own = Own.GetManifestResourceStream(Folder + $"words.{(language.Name.Length > 0 ? language.Name : WordFile.Languages[0])}.json")!;
        JsonObject words = JsonNode.Parse(own)!.AsObject();
        foreach ((string key, string text) in Ksmg.Sdk.Words.File.All(language).Where(w => Shared.Any(s => w.Key.StartsWith(s, StringComparison.Ordinal))))
        {
            words.TryAdd(key, text);
        }

        return TypedResults.Text(words.ToJsonString(), "application/json", Encoding.UTF8);
    }

    /// <summary>The page names its files relative to itself: it may be anywhere, behind any proxy.</summary>
    private static bool EndsWithSlash(HttpContext context) => context.Request.Path.Value?.EndsWith('/') == true;

    private static RedirectHttpResult Root(HttpContext context) =>
        TypedResults.Redirect(string.Create(CultureInfo.InvariantCulture, $"{context.Request.PathBase}{context.Request.Path}/"));

    private static FileStreamHttpResult File(string name, string type) =>
        TypedResults.Stream(Own.GetManifestResourceStream(Folder + name)!, type + "; charset=utf-8");
}
