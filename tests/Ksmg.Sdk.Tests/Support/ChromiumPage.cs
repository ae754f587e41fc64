using System.Text.Json.Nodes;

namespace Ksmg.Sdk.Tests.Support;

/// <summary>
/// A page as somebody uses it who may not see it: everything is found by its role and its name in the browser's accessibility tree, and
/// every action waits until what it needs is there.
/// </summary>
internal sealed class ChromiumPage(Chromium browser, string session)
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    public Task<JsonObject> AskAsync(string method, JsonObject? parameters = null) => browser.AskAsync(method, parameters, session);

    public async Task PrepareAsync()
    {
        foreach (string domain in (string[])["Page", "DOM", "Accessibility", "Network"])
        {
            await AskAsync(domain + ".enable");
        }

        await AskAsync("Emulation.setFocusEmulationEnabled", new JsonObject { ["enabled"] = true });
    }

    public async Task GoAsync(Uri address)
    {
        JsonObject answer = await AskAsync("Page.navigate", new JsonObject { ["url"] = address.ToString() });
        Assert.True(answer["errorText"] is null, $"{address}: {answer["errorText"]}");
    }

    /// <summary>Opens the page again. The old one would still answer for a while, and with what the new one is to say: it is told apart.</summary>
    public async Task ReloadAsync()
    {
        await EvaluateAsync("window.isLeft = true; location.reload()");
        await WaitAsync(
            async () => (bool)(await EvaluateAsync("window.isLeft !== true && document.readyState === 'complete'"))!, () => "the page was opened again");
    }

    /// <summary>Clicks once the page is not busy.</summary>
    public async Task ClickAsync(string role, string name)
    {
        await WaitAsync(async () => (bool)(await EvaluateAsync("document.body?.ariaBusy !== 'true'"))!, () => $"the page was not busy, for '{name}'");
        await CallAsync(await FindAsync(role, name), "function() { this.click(); }");
    }

    /// <summary>Types where the keyboard is.</summary>
    public Task TypeAsync(string text) => AskAsync("Input.insertText", new JsonObject { ["text"] = text });

    /// <summary>Presses a key: <c>Tab</c> or <c>Enter</c>.</summary>
    public async Task PressAsync(string key)
    {
        JsonObject down = new() { ["type"] = "keyDown", ["key"] = key, ["code"] = key, ["windowsVirtualKeyCode"] = key == "Tab" ? 9 : 13 };
        if (key == "Enter")
        {
            down["text"] = "\r";
        }

        await AskAsync("Input.dispatchKeyEvent", down);
        JsonObject up = down.DeepClone().AsObject();
        up.Remove("text");
        up["type"] = "keyUp";
        await AskAsync("Input.dispatchKeyEvent", up);
    }

    /// <summary>Chooses an option by the beginning of its text.</summary>
    public async Task ChooseAsync(string name, string option) => await CallAsync(
        await FindAsync("combobox", name),
        "function(option) { this.value = [...this.options].find(o => o.text.startsWith(option)).value; this.dispatchEvent(new Event('change')); }",
        option);

    /// <summary>Chooses a file by the label, since the tree's name of such a field goes on with the file that is chosen.</summary>
    public async Task ChooseFileAsync(string label, string path)
    {
        JsonObject field = await AskAsync("Runtime.evaluate", new JsonObject
        {
            ["expression"] = $"[...document.querySelectorAll('input[type=file]')].find(field => field.labels[0].textContent.trim() === '{label}')",
        });
        await AskAsync("DOM.setFileInputFiles", new JsonObject
        {
            ["files"] = new JsonArray(path),
            ["objectId"] = field["result"]!["objectId"]?.DeepClone() ?? throw new InvalidOperationException($"There is no file field '{label}'."),
        });
    }

    /// <summary>What stands in a part of the page, as text with one space between words.</summary>
    public async Task<string> ReadAsync(string role, string name)
    {
        JsonNode? text = await CallAsync(await FindAsync(role, name), "function() { return this.innerText; }");
        return string.Join(' ', ((string)text!).Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
    }

    /// <summary>Waits until a part of the page says something.</summary>
    public async Task SeesAsync(string role, string name, string text)
    {
        string seen = string.Empty;
        await WaitAsync(async () => (seen = await ReadAsync(role, name)).Contains(text, StringComparison.Ordinal), () => $"'{name}' said '{text}': {seen}");
    }

    /// <summary>What a broken server says.</summary>
    public const string Broken = "The store is away.";

    /// <summary>What the page asks is refused from now on, or held back; <see langword="null"/>: it is answered, and so is what was held back.</summary>
    public Task BreakAsync(string? how) => EvaluateAsync($$"""
        window.served ??= window.fetch;
        window.held ??= [];
        window.fetch = (...asked) => {
          if (window.broken === 'held') return new Promise(answer => window.held.push(() => answer(window.served(...asked))));
          const said = JSON.stringify({ problem: '{{Broken}}' });
          return window.broken ? Promise.resolve(new Response(said, { status: Number(window.broken) })) : window.served(...asked);
        };
        window.broken = {{(how is null ? "null" : $"'{how}'")}};
        if (window.broken !== 'held') window.held.splice(0).forEach(go => go());
        0
        """);

    /// <summary>Whether something is there, now.</summary>
    public async Task<bool> HasAsync(string role, string name) => (await QueryAsync(role, name)).Length > 0;

    public Task<JsonNode?> EvaluateAsync(string expression) => ResultAsync(
        AskAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["returnByValue"] = true, ["awaitPromise"] = true }));

    /// <summary>Waits until something is so; a page that changes under the question is asked again.</summary>
    public static async Task WaitAsync(Func<Task<bool>> condition, Func<string> what)
    {
        string last = string.Empty;
        using CancellationTokenSource end = new(Limit);
        using PeriodicTimer timer = new(TimeSpan.FromMilliseconds(50));
        do
        {
            try
            {
                last = string.Empty;
                if (await condition())
                {
                    return;
                }
            }
            catch (Exception changed) when (changed is InvalidOperationException or TimeoutException)
            {
                last = changed.Message;
            }
        }
        while (!end.IsCancellationRequested && await timer.WaitForNextTickAsync());
        Assert.Fail($"Waited in vain until {what()} {last}");
    }

    private async Task<int> FindAsync(string role, string name)
    {
        int[] found = [];
        await WaitAsync(async () => (found = await QueryAsync(role, name)).Length == 1, () => $"there is one {role} '{name}', not {found.Length}.");
        return found[0];
    }

    private async Task<int[]> QueryAsync(string role, string name)
    {
        // A page on its way out holds back what its tree is asked.
        if ((string?)await EvaluateAsync("document.readyState") != "complete")
        {
            return [];
        }

        JsonObject document = await AskAsync("DOM.getDocument", new JsonObject { ["depth"] = 0 });
        JsonObject query = new() { ["backendNodeId"] = document["root"]!["backendNodeId"]!.DeepClone(), ["accessibleName"] = name, ["role"] = role };
        JsonObject found = await AskAsync("Accessibility.queryAXTree", query);
        return [.. found["nodes"]!.AsArray()
            .Where(node => (bool?)node!["ignored"] != true && node["backendDOMNodeId"] is not null)
            .Select(node => (int)node!["backendDOMNodeId"]!)];
    }

    private async Task<JsonNode?> CallAsync(int node, string function, string? argument = null)
    {
        JsonObject resolved = await AskAsync("DOM.resolveNode", new JsonObject { ["backendNodeId"] = node });
        return await ResultAsync(AskAsync("Runtime.callFunctionOn", new JsonObject
        {
            ["objectId"] = resolved["object"]!["objectId"]!.DeepClone(),
            ["functionDeclaration"] = function,
            ["arguments"] = argument is null ? new JsonArray() : new JsonArray(new JsonObject { ["value"] = argument }),
            ["returnByValue"] = true,
        }));
    }

    private static async Task<JsonNode?> ResultAsync(Task<JsonObject> call)
    {
        JsonObject answer = await call;
        return answer["exceptionDetails"] is { } thrown
            ? throw new InvalidOperationException(thrown.ToJsonString())
            : answer["result"]!["value"]?.DeepClone();
    }
}
