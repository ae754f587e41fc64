using System.Globalization;
using System.Reflection;
using System.Text;
using System.Text.Json.Nodes;
using Ksmg.Sdk;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Http.HttpResults;

namespace Ksmg.Web;

/// <summary>
/// A page: its files and its words, out of the assemblies that it is made of. They hold nothing of any run, and can be had without signing in.
/// </summary>
/// <param name="path">Where it is below the prefix.</param>
/// <param name="scripts">Its scripts; they are the last assembly's.</param>
/// <param name="assemblies">Words and styles of all of them are one; the first has the frame.</param>
internal sealed class PageFiles(string path, string[] scripts, params Assembly[] assemblies)
{
    /// <summary>How the keys of the SDK's words begin that the page says too.</summary>
    private static readonly string[] Shared = ["step.", "report.end.", "report.node."];

    /// <summary>The page of clusters and runs.</summary>
    public static PageFiles OfRuns { get; } = new(
        string.Empty, ["page.js", "shell.js", "view.js", "run.js", "decision.js", "figure.js"], typeof(PageFiles).Assembly);

    public void Map(Doors doors)
    {
        Open("/", context => EndsWithSlash(context) ? Text(Read(assemblies[0], "index.html"), "text/html") : Root(context));
        Open("/page.css", _ => Text(string.Concat(assemblies.Select(assembly => Read(assembly, "page.css"))), "text/css"));
        Open("/words.json", _ => WordsOf());
        foreach (string script in scripts)
        {
            Open("/" + script, _ => Text(Read(assemblies[^1], script), "text/javascript"));
        }

        void Open(string file, Func<HttpContext, IResult> answer) =>
            doors.Open(HttpMethods.Get, path + file, context => Task.FromResult(answer(context)), isData: false);
    }

    /// <summary>The words of the page, and those of the SDK for steps and states: each stands in one place.</summary>
    private ContentHttpResult WordsOf()
    {
        CultureInfo language = CultureInfo.CurrentUICulture;
        string name = $"words.{(language.Name.Length > 0 ? language.Name : WordFile.Languages[0])}.json";
        JsonObject words = [];
        foreach (Assembly assembly in assemblies)
        {
            foreach ((string key, JsonNode? text) in JsonNode.Parse(Read(assembly, name))!.AsObject())
            {
                words.TryAdd(key, text!.DeepClone());
            }
        }

        foreach ((string key, string text) in Ksmg.Sdk.Words.File.All(language).Where(w => Shared.Any(s => w.Key.StartsWith(s, StringComparison.Ordinal))))
        {
            words.TryAdd(key, text);
        }

        return Text(words.ToJsonString(), "application/json");
    }

    /// <summary>The page names its files relative to itself: it may be anywhere, behind any proxy.</summary>
    private static bool EndsWithSlash(HttpContext context) => context.Request.Path.Value?.EndsWith('/') == true;

    private static RedirectHttpResult Root(HttpContext context) =>
        TypedResults.Redirect(string.Create(CultureInfo.InvariantCulture, $"{context.Request.PathBase}{context.Request.Path}/"));

    private static ContentHttpResult Text(string content, string type) => TypedResults.Text(content, type, Encoding.UTF8);

    private static string Read(Assembly assembly, string name)
    {
        using StreamReader file = new(assembly.GetManifestResourceStream($"{assembly.GetName().Name}.Page.{name}")!);
        return file.ReadToEnd();
    }
}
