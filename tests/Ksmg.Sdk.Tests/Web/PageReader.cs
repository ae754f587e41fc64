using System.Text.Json.Nodes;
using Deque.AxeCore.Commons;
using Ksmg.Sdk.Tests.Support;
using Xunit.Abstractions;

namespace Ksmg.Sdk.Tests.Web;

/// <summary>
/// Somebody who looks at a page of ours in a browser: on a phone and on a desktop, by day and by night, in their language. What it looks like is
/// kept where <c>KSMG_SCREENSHOTS</c> says, for people to look at.
/// </summary>
internal sealed class PageReader(ChromiumPage page, ITestOutputHelper output)
{
    private static readonly string? Pictures = Environment.GetEnvironmentVariable("KSMG_SCREENSHOTS");

    /// <summary>The page is opened again by a browser whose reader prefers a language.</summary>
    /// <param name="language">Two letters.</param>
    /// <param name="ready">An expression that is true when everything is there.</param>
    public async Task SpeakAsync(string language, string ready)
    {
        await page.AskAsync("Emulation.setUserAgentOverride", new JsonObject
        {
            ["userAgent"] = (string)(await page.EvaluateAsync("navigator.userAgent"))!,
            ["acceptLanguage"] = language,
        });
        await page.ReloadAsync();
        await ChromiumPage.WaitAsync(
            async () => (bool)(await page.EvaluateAsync($"document.documentElement.lang === '{language}' && {ready}"))!, () => $"the page spoke {language}");
    }

    /// <summary>Waits until a part of the page says something.</summary>
    public Task SaysAsync(string selector, string text)
    {
        string said = string.Empty;
        return ChromiumPage.WaitAsync(
            async () => (said = (string)(await page.EvaluateAsync(
                $"[...document.querySelectorAll({JsonValue.Create(selector)!.ToJsonString()})].map(e => e.innerText).join(' | ')"))!)
                .Contains(text, StringComparison.Ordinal),
            () => $"{selector} said '{text}': {said}");
    }

    /// <summary>On a phone and on a desktop, light and dark: nothing serious is found, nothing is wider than the screen.</summary>
    public async Task LookAsync(string name, bool isTop = false)
    {
        foreach ((string device, int width, int height) in ((string, int, int)[])[("phone", 390, 844), ("desktop", 1280, 900)])
        {
            await page.AskAsync("Emulation.setDeviceMetricsOverride", new JsonObject
            {
                ["width"] = width,
                ["height"] = height,
                ["deviceScaleFactor"] = 1,
                ["mobile"] = device == "phone",
            });
            foreach (string scheme in (string[])["light", "dark"])
            {
                if (Pictures is null && device == "phone" != (scheme == "dark"))
                {
                    continue;
                }

                await page.AskAsync("Emulation.setEmulatedMedia", new JsonObject
                {
                    ["features"] = new JsonArray(new JsonObject { ["name"] = "prefers-color-scheme", ["value"] = scheme }),
                });
                await AssertAccessibleAsync($"{name} {device} {scheme}");
                await TakeAsync($"{name}-{device}-{scheme}", isTop);
            }

            Assert.True((bool)(await page.EvaluateAsync("document.documentElement.scrollWidth <= innerWidth"))!, $"{name} fits a {device}");
        }
    }

    public async Task AssertAccessibleAsync(string name)
    {
        if (!(bool)(await page.EvaluateAsync("'axe' in window"))!)
        {
            await page.EvaluateAsync(new BundledAxeScriptProvider().GetScript());
        }

        JsonNode found = (await page.EvaluateAsync("axe.run(document, { resultTypes: ['violations'] }).then(r => r.violations.map(v => "
            + "({ id: v.id, impact: v.impact, nodes: v.nodes.map(n => n.html + ' ' + n.failureSummary).slice(0, 3) })))"))!;
        output.WriteLine($"{name}: {found.ToJsonString()}");
        Assert.DoesNotContain(found.AsArray(), v => (string?)v!["impact"] is "serious" or "critical");
    }

    private async Task TakeAsync(string name, bool isTop)
    {
        if (Pictures is not { Length: > 0 } folder)
        {
            return;
        }

        JsonObject picture = await page.AskAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png", ["captureBeyondViewport"] = !isTop });
        await File.WriteAllBytesAsync(Path.Combine(folder, name + ".png"), Convert.FromBase64String((string)picture["data"]!));
    }
}
