using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;
using Ksmg.Sdk.Dialects;
using Ksmg.Sdk.Tests.Support;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Options;

namespace Ksmg.Sdk.Tests;

/// <summary>Everything about a call is data: what is sent, and how the answer is read.</summary>
public sealed class DialectTests : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("ksmg-dialect-");

    public void Dispose() => _folder.Delete(recursive: true);

    /// <summary>One mistake in each member; the line names file, operation and member.</summary>
    [Theory]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "pth": "/x" } ] } }""", "pth")]
    [InlineData("""{ "schema": 2, "defalts": {}, "operations": {} }""", "defalts")]
    [InlineData("""{ "schema": 2, "session": { "cookie": "x" }, "operations": {} }""", "cookie")]
    [InlineData("""{ "schema": 2, "defaults": { "time": "iso" }, "operations": {} }""", "time")]
    [InlineData("""{ "schema": 1, "operations": {} }""", "schema 1")]
    [InlineData("""{ "operations": {} }""", "schema")]
    [InlineData("""{ "schema": 2 }""", "operations")]
    [InlineData("""not json""", "is no dialect")]
    [InlineData("""{ "schema": 2, "operations": { "get-mial-flow": [ { "path": "/x" } ] } }""", "there is no operation 'get-mial-flow'")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ ] } }""", "at least one entry")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "from": "2.1" } ] } }""", "get-mail-flow:0:from: ")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "before": "x" } ] } }""", "get-mail-flow:0:before: ")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "method": "FETCH" } ] } }""", "get-mail-flow:0:method: ")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "path": "x" } ] } }""", "get-mail-flow:0:path: ")]
    [InlineData(
        """{ "schema": 2, "operations": { "get-mail-flow": [ { "path": "/x/{hots}" } ] } }""",
        "get-mail-flow:0:path: the operation has no argument 'hots'")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "query": { "a": "{nodId}" } } ] } }""", "the operation has no argument 'nodId'")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "query": { "a": "{password}" } } ] } }""", "It has: node, nodeId")]
    [InlineData(
        """{ "schema": 2, "operations": { "set-receiving": [ { "body": { "a": [ { "b": "{on}" } ] } } ] } }""",
        "set-receiving:0:body: the operation has no argument 'on'")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "body": {} } ] } }""", "get-mail-flow:0:body: a GET has no body")]
    [InlineData(
        """{ "schema": 2, "operations": { "user-login": [ { "query": { "p": "{password}" } } ] } }""",
        "user-login:0:body: the password goes into the body")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "body": {} } ] } }""", "upload-update:0:body: ")]
    [InlineData(
        """{ "schema": 2, "operations": { "get-mail-flow": [ { "method": "POST", "form": { "a": "b" } } ] } }""",
        "get-mail-flow:0:form: get-mail-flow sends no file")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "method": "POST", "content": "{file}" } ] } }""", "get-mail-flow:0:content: ")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "partType": "text/plain" } ] } }""", "get-mail-flow:0:partType: ")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "form": { "a": "{fileName}" } } ] } }""", "upload-update:0:form: one field")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "form": { "a": "{file}", "b": "{file}" } } ] } }""", "upload-update:0:form: one field")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "form": { "a\"b": "{file}" } } ] } }""", "upload-update:0:form: 'a\"b'")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "form": { "a": "{file}", "b": "{name}" } } ] } }""", "no argument 'name'")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "query": { "a": "{file}" } } ] } }""", "no argument 'file'")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "content": "{fileName}" } ] } }""", "upload-update:0:content: ")]
    [InlineData(
        """{ "schema": 2, "operations": { "upload-update": [ { "content": "{file}", "form": { "a": "{file}" } } ] } }""",
        "upload-update:0:content: a call has a 'form' or a 'content'")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "method": "GET" } ] } }""", "upload-update:0:form: a GET has no body")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "partType": "zip" } ] } }""", "upload-update:0:partType: 'zip'")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "upload": { "id": "answer" } } ] } }""", "get-mail-flow:0:upload: ")]
    [InlineData(
        """{ "schema": 2, "operations": { "upload-update": [ { "upload": { "id": "node" } } ] } }""",
        "upload-update:0:upload: 'id' is client or answer")]
    [InlineData(
        """{ "schema": 2, "operations": { "upload-update": [ { "query": {}, "upload": { "id": "client" } } ] } }""",
        "upload-update:0:upload: says that we name uploads")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "upload": { "pieceBytes": 0 } } ] } }""", "upload-update:0:upload: 'pieceBytes'")]
    [InlineData(
        """{ "schema": 2, "operations": { "upload-update": [ { "upload": { "begin": { "path": "/x" } } } ] } }""",
        "upload-update:0:upload: 'pieceBytes'")]
    [InlineData(
        """{ "schema": 2, "operations": { "upload-update": [ { "upload": { "pieceBytes": 5, "begin": { "path": "x" } } } ] } }""",
        "upload-update:0:upload.begin.path: ")]
    [InlineData(
        """{ "schema": 2, "operations": { "upload-update": [ { "upload": { "pieceBytes": 5, "commit": { "path": "/x/{offset}" } } } ] } }""",
        "upload-update:0:upload.commit.path: the operation has no argument 'offset'")]
    [InlineData(
        """{ "schema": 2, "operations": { "upload-update": [ { "upload": { "pieceBytes": 5, "begin": { "path": "/x", "form": { "a": "{file}" } } } } ] } }""",
        "upload-update:0:upload.begin.form: begin-upload sends no file")]
    [InlineData(
        """{ "schema": 2, "operations": { "upload-update": [ { "upload": { "install": "now" } } ] } }""",
        "upload-update:0:upload: 'install' is separate or")]
    [InlineData("""{ "schema": 2, "operations": { "upload-update": [ { "upload": { "name": "answer" } } ] } }""", "name")]
    [InlineData("""{ "schema": 2, "operations": { "start-update": [ { "keep": { "a b": "data" } } ] } }""", "start-update:0:keep: 'a b'")]
    [InlineData("""{ "schema": 2, "operations": { "start-update": [ { "keep": { "node": "data" } } ] } }""", "start-update:0:keep: 'node'")]
    [InlineData(
        """{ "schema": 2, "operations": { "start-update": [ { "keep": { "task": "data.[" } } ] } }""",
        "start-update:0:keep: 'data.[' is no expression")]
    [InlineData("""{ "schema": 2, "operations": { "user-login": [ { "keep": { "token": "data" } } ] } }""", "user-login:0:keep: ")]
    [InlineData("""{ "schema": 2, "operations": { "get-update-status": [ { "query": { "a": "{task}" } } ] } }""", "no argument 'task'")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "headers": { "Cookie": "a=b" } } ] } }""", "get-mail-flow:0:headers: 'Cookie'")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "headers": { "a b": "c" } } ] } }""", "get-mail-flow:0:headers: 'a b'")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "answer": "data.[" } ] } }""", "get-mail-flow:0:answer: 'data.[' is no expression")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "success": "no(x)" } ] } }""", "get-mail-flow:0:success: 'no(x)' is no expression")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "failure": "" } ] } }""", "get-mail-flow:0:failure: ")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "times": "hours" } ] } }""", "get-mail-flow:0:times: \"hours\" is no form")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "times": { "a": 1 } } ] } }""", "get-mail-flow:0:times: ")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "words": { "a": "b" } } ] } }""", "get-mail-flow:0:words: 'a'")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "words": { "a": { "b": [] } } } ] } }""", "get-mail-flow:0:words: 'a'")]
    [InlineData(
        """{ "schema": 2, "operations": { "start-update": [ { "safety": "ifNotSent" } ] } }""",
        "start-update:0:safety: 'ifNotSent' would let start-update be sent again")]
    [InlineData("""{ "schema": 2, "operations": { "set-receiving": [ { "safety": "safe" } ] } }""", "set-receiving:0:safety: ")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "safety": "maybe" } ] } }""", "get-mail-flow:0:safety: ")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "provenance": "guessed" } ] } }""", "get-mail-flow:0:provenance: ")]
    [InlineData("""{ "schema": 2, "operations": { "start-update": [ { "missing": true } ] } }""", "start-update:0:missing: ")]
    [InlineData("""{ "schema": 2, "operations": { "list-updates": [ { "missing": "yes" } ] } }""", "list-updates[0].missing")]
    [InlineData("""{ "schema": 2, "operations": { "list-updates": [ { "missing": true, "words": { "a": "b" } } ] } }""", "list-updates:0:words: 'a'")]
    [InlineData(
        """{ "schema": 2, "operations": { "upload-update": [ { "query": {}, "upload": { "id": "client" } } ], "list-updates": [ { "missing": true } ] } }""",
        "upload-update:0:upload: says that we name uploads")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "mayHaveActed": "x" } ] } }""", "mayHaveActed")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "words": { "receiving": { "ON": true, "ON": false } } } ] } }""", "ON")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "words": { "receiving": { "\ud800": true } } } ] } }""", "not Unicode")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "path": "/a", "path": "/b" } ] } }""", "path")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": null } }""", "operations.get-mail-flow: is null")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ null ] } }""", "operations.get-mail-flow[0]: is null")]
    [InlineData("""{ "schema": 2, "operations": { "get-mail-flow": [ { "query": { "v": null } } ] } }""", "get-mail-flow[0].query.v: is null")]
    [InlineData(
        """{ "schema": 2, "operations": { "upload-update": [ { "upload": { "pieceBytes": 5, "begin": { "path": "/b", "headers": { "v": null } } } } ] } }""",
        "upload-update[0].upload.begin.headers.v: is null")]
    [InlineData("""{ "schema": 2, "session": { "xsrfHeaders": [ null ] }, "operations": {} }""", "session.xsrfHeaders[0]: is null")]
    [InlineData(
        """{ "schema": 2, "session": { "xsrfHeaders": [ "X-XSRF-TOKEN", "X XSRF" ] }, "operations": {} }""",
        "session.xsrfHeaders: 'X XSRF' is no header")]
    [InlineData("""{ "schema": 2, "session": { "xsrfHeaders": [ "Cookie" ] }, "operations": {} }""", "session.xsrfHeaders: 'Cookie' is no header")]
    public void A_mistake_in_a_dialect_is_named_at_the_start(string dialect, string message)
    {
        string file = Write(dialect);
        KsmgOptions options = new() { Dialect = file, AnswerLanguage = new JmesPathLanguage() };
        FormatException e = Assert.Throws<FormatException>(() => OperationCatalogue.Of(options));
        Assert.Contains(message, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        if (!message.Contains("entry", StringComparison.Ordinal) && !message.Contains("no operation", StringComparison.Ordinal))
        {
            Assert.Contains(file, e.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_dialect_with_expressions_says_which_package_it_needs_and_a_missing_file_is_named()
    {
        string file = Write("""{ "schema": 2, "operations": { "get-mail-flow": [ { "answer": "data" } ] } }""");
        FormatException fault = Assert.Throws<FormatException>(() => OperationCatalogue.Of(new KsmgOptions { Dialect = file }));
        Assert.Contains("Ksmg.Sdk.Dialects", fault.Message, StringComparison.Ordinal);
        KsmgOptions options = FakeNode.Options("gw1");
        options.Dialect = "no-such-file.json";
        OptionsValidationException refused = Assert.Throws<OptionsValidationException>(() => KsmgCluster.Create(options));
        Assert.Contains("no-such-file.json", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void What_an_entry_leaves_out_is_that_of_the_shipped_one_and_the_configuration_lies_over_the_file()
    {
        string file = Write("\uFEFF" + """
            { // a comment
              "schema": 2, "operations": { "list-nodes": [ { "path": "/of-the-file" } ], "get-about": [ { "path": "/a" }, ] } }
            """);
        KsmgOptions options = new() { Dialect = file };
        options.Catalogue["list-nodes"] = [new CatalogueEntryOptions { Path = "/of-the-configuration" }];
        OperationCatalogue catalogue = OperationCatalogue.Of(options);
        Assert.Equal(("/of-the-configuration", HttpMethod.Get, CallSafety.Safe), Entry("list-nodes"));
        Assert.Equal(("/a", HttpMethod.Get, CallSafety.Safe), Entry("get-about"));
        Assert.Equal(("/web/api/start-update", HttpMethod.Post, CallSafety.Never), Entry("start-update"));

        (string, HttpMethod, CallSafety) Entry(string name)
        {
            OperationEntry entry = catalogue.Operations[name].Single();
            return (entry.Path, entry.Method, entry.Safety);
        }
    }

    [Fact]
    public async Task A_request_is_what_the_entry_says_with_the_types_of_its_arguments()
    {
        FakeNode node = new FakeNode()
            .On("get-cluster-nodes", """{"nodes":[{"address":"10.0.0.1:9045","id":17},{"address":"10.0.0.2:9045","id":"b"}]}""")
            .On("flow/17", """{"success":true}""").On("flow/b", """{"success":true}""")
            .On("get-receive-send-settings", """{"receiving":true,"sending":false}""");
        KsmgNode gw1 = Connect(node, """
            "set-receiving": [ { "method": "PATCH", "path": "/web/api/flow/{nodeId}", "query": { "v": "2", "for": "{node} {enabled}" }, "headers": { "X-Who": "{nodeId}" },
              "body": { "id": "{nodeId}", "in": "{receiving}", "out": "{sending}", "list": [ "{enabled}", "on {enabled}", "{", 1, null ] } } ]
            """);
        await gw1.Queue.SetReceivingAsync(null, false);
        FakeRequest sent = node.Last("flow/17");
        Assert.Equal(("PATCH", "?v=2&for=10.0.0.1%3A9045%20false", "17"), (sent.Method, sent.Query, sent.Headers["X-Who"]));
        Assert.Equal("""{"id":17,"in":false,"out":false,"list":[false,"on false","{",1,null]}""", sent.Body);
        await gw1.Queue.SetReceivingAsync("10.0.0.2:9045", true);
        Assert.Contains("\"id\":\"b\"", node.Last("flow/b").Body, StringComparison.Ordinal);
        await gw1.Queue.SetReceivingAsync(null, true);
        Assert.Equal(2, node.Count("get-cluster-nodes"));
    }

    [Fact]
    public async Task A_node_whose_cluster_address_is_left_empty_is_asked_for_it()
    {
        FakeNode node = new FakeNode().On("get-node-status", """{"address":"10.0.0.1:9045"}""")
            .On("get-receive-send-settings", """{"receiving":true,"sending":true}""");
        KsmgNode gw1 = node.Connect(configure: o => o.Nodes[0].ClusterAddress = string.Empty);
        await gw1.Queue.GetSwitchesAsync();
        Assert.Equal("?node=10.0.0.1%3A9045", node.Last("get-receive-send-settings").Query);
    }

    /// <summary>In emergency mode the list has no ids, and after a restart it may have others.</summary>
    [Fact]
    public async Task The_id_of_a_node_is_what_the_list_of_this_session_says_else_what_the_last_one_said()
    {
        string? id = null;
        FakeNode node = new FakeNode()
            .On("get-cluster-nodes", _ => FakeNode.Data($$"""{"nodes":[{"address":"10.0.0.1:9045"{{(id is null ? "" : $",\"id\":{id}")}}}]}"""))
            .On("flow", """{"success":true}""");
        KsmgNode gw1 = Connect(node, """ "set-receiving": [ { "path": "/web/api/flow", "body": { "id": "{nodeId}" } } ] """);
        Assert.Equal("""{"id":"10.0.0.1:9045"}""", await SentAsync());
        id = "17";
        Assert.Equal("""{"id":17}""", await SentAsync());
        id = "18";
        Assert.Equal("""{"id":17}""", await SentAsync());
        Assert.Equal(2, node.Count("get-cluster-nodes"));
        gw1.ResetSession();
        Assert.Equal("""{"id":18}""", await SentAsync());
        gw1.ResetSession();
        id = null;
        Assert.Equal("""{"id":18}""", await SentAsync());

        async Task<string> SentAsync()
        {
            await gw1.Queue.SetReceivingAsync(null, false);
            return node.Last("flow").Body;
        }
    }

    [Fact]
    public async Task A_path_that_nothing_is_given_for_is_not_asked_at_the_root()
    {
        FakeNode node = new FakeNode().On("queues/mta", """{"messages":[]}""");
        KsmgNode gw1 = Connect(node, """ "list-queue": [ { "path": "/web/api/queues/{queue}" } ] """);
        Assert.False(await gw1.Queue.ListMessagesAsync(filter: new QueueFilter { Queue = MessageQueueKind.Mta }).AnyAsync());

        KsmgApiException e = await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Queue.ListMessagesAsync().AnyAsync().AsTask());
        Assert.True(e.HadNoEffect);
        Assert.Contains("/queues/{queue}' has a place", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(node.Requests, r => r.Path == "/");
    }

    [Fact]
    public async Task How_packages_go_in_is_asked_in_time_or_told_to_be_out_of_it()
    {
        FakeNode node = new() { LoginGate = new TaskCompletionSource().Task };
        ManualTime time = new();
        KsmgNode gw1 = Connect(node, """ "upload-update": [ { "before": "2.1.0.0" }, { "from": "2.1.0.0" } ] """, time);
        Task<UploadWay> asked = gw1.Updates.GetUploadWayAsync(CancellationToken.None);
        await Eventually.AdvanceAsync(time, TimeSpan.FromSeconds(1), asked);

        KsmgApiException e = await Assert.ThrowsAsync<KsmgApiException>(() => asked);
        Assert.Equal(("gw1", "upload-update", true), (e.Node, e.Operation, e.HadNoEffect));
        Assert.IsType<TimeoutException>(e.InnerException);

        using CancellationTokenSource ended = new();
        Task<UploadWay> left = gw1.Updates.GetUploadWayAsync(ended.Token);
        await ended.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => left);
    }

    [Fact]
    public async Task Headers_that_differ_in_their_case_alone_are_one()
    {
        FakeNode node = new FakeNode().On("get-about", """{"version":"2.1"}""");
        string file = Write("""{ "schema": 2, "defaults": { "headers": { "X-Api": "1", "x-api": "2" } }, "operations": { "get-about": [ {} ] } }""");
        await node.Connect(configure: o => o.Dialect = file).Updates.GetAboutAsync();
        Assert.Equal("2", node.Last("get-about").Headers["X-Api"]);
    }

    [Fact]
    public async Task What_has_but_absent_arguments_is_left_out()
    {
        FakeNode node = new FakeNode().On("list", """{"messages":[]}""");
        KsmgNode gw1 = Connect(node, """
            "list-queue": [ { "method": "POST", "path": "/web/api/list", "query": { "from": "{sender}", "which": "{queue}" },
              "body": { "to": "{recipient}", "both": "{sender}-{queue}", "none": "{sender}{recipient}", "limit": "{limit}", "all": { "a": "{recipient}" } } } ]
            """);
        await gw1.Queue.ListMessagesAsync(filter: new QueueFilter { Queue = MessageQueueKind.Mta }).LastOrDefaultAsync();
        FakeRequest sent = node.Last("list");
        Assert.Equal(("?which=mta", """{"both":"-mta","limit":500,"all":{}}"""), (sent.Query, sent.Body));
    }

    [Theory]
    [InlineData("""{"ok":true,"d":{"in":"ON","out":"OFF"}}""", true, null)]
    [InlineData("""{"ok":true,"d":{"in":1,"out":"OFF"}}""", true, null)]
    [InlineData("""{"ok":true,"d":{"in":"HALF","out":"OFF"}}""", false, "receiving is 'HALF', which 'words' does not make true or false")]
    [InlineData("""{"ok":true,"d":{"out":"OFF"}}""", false, "other shape")]
    [InlineData("""{"ok":false,"d":{"in":"ON","out":"OFF"}}""", false, "'success' is not true of it")]
    [InlineData("""{"d":{"in":"ON","out":"OFF"}}""", false, "'success' is not true of it")]
    [InlineData("""{"ok":true,"why":{"id":"busy","text":"later"}}""", false, "busy): later")]
    [InlineData("""{"ok":true}""", false, "'answer' finds nothing")]
    [InlineData("""{"ok":true} trailing""", false, "not JSON")]
    [InlineData("""["ok"]""", false, "'success' is not true of it")]
    public async Task An_answer_is_read_as_the_entry_says(string answer, bool receiving, string? fault)
    {
        FakeNode node = new FakeNode().On("flow", _ => FakeNode.Json(200, answer));
        KsmgNode gw1 = Connect(node, """
            "get-mail-flow": [ { "path": "/web/api/flow", "success": "ok", "failure": "why && { code: why.id, message: why.text } || null", "answer": "d && { receiving: d.in, sending: d.out } || null",
              "words": { "receiving": { "ON": true, "1": true, "OFF": false }, "sending": { "ON": true, "OFF": false } } } ]
            """);
        if (fault is null)
        {
            Assert.Equal(new MailFlowSwitches(receiving, false), await gw1.Queue.GetSwitchesAsync());
        }
        else
        {
            KsmgApiException e = await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Queue.GetSwitchesAsync());
            Assert.Contains(fault, e.Message, StringComparison.OrdinalIgnoreCase);
        }
    }

    /// <summary>What nobody reads of an answer does no harm, as long as the whole is JSON.</summary>
    [Theory]
    [InlineData("""{"ok":true,"d":{"in":"ON","out":"OFF"},"more":1e400}""", null)]
    [InlineData("""{"ok":false,"ok":true,"d":{"in":"OFF","in":"ON","out":"OFF"}}""", null)]
    [InlineData("\uFEFF" + """{"ok":true,"d":{"in":"\u004fN","out":"OFF"},"more":"\ud83d\ude00"}""", null)]
    [InlineData("""{"ok":true,"d":{"in":"ON","out":"OFF"},"more":"\ud83d"}""", "not JSON")]
    [InlineData("""{"ok":true,"d":{"in":"ON","out":"OFF"},"\ud83d":1}""", "not JSON")]
    [InlineData("""{"ok":true,"d":{"in":"ON","out":"OFF"},"more":[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]}""", "not JSON")]
    [InlineData("""{"ok":true,"d":{"in":"ON","out":"OFF"},"more":""", "not JSON")]
    [InlineData("""{"ok":true,"why":7,"d":{"in":"ON","out":"OFF"}}""", "'failure' gives neither")]
    public async Task What_is_not_read_of_an_answer_has_to_be_JSON_and_no_more(string answer, string? fault)
    {
        FakeNode node = new FakeNode().On("flow", _ => FakeNode.Json(200, answer));
        KsmgNode gw1 = Connect(node, """
            "get-mail-flow": [ { "path": "/web/api/flow", "success": "ok", "failure": "why", "answer": "{ receiving: d.in, sending: d.out }",
              "words": { "receiving": { "ON": true }, "sending": { "OFF": false } } } ]
            """);
        if (fault is null)
        {
            Assert.Equal(new MailFlowSwitches(true, false), await gw1.Queue.GetSwitchesAsync());
        }
        else
        {
            KsmgApiException e = await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Queue.GetSwitchesAsync());
            Assert.Contains(fault, e.Message, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData(true, """{"in":1}""")]
    [InlineData(false, """{"in":"00"}""")]
    public async Task A_word_that_is_a_whole_number_is_sent_as_one(bool receiving, string body)
    {
        FakeNode node = new FakeNode().On("flow", _ => FakeNode.Json(200, """{"data":{"success":true}}"""));
        KsmgNode gw1 = Connect(node, """
            "set-receiving": [ { "path": "/web/api/flow", "query": { "to": "{enabled}" }, "body": { "in": "{enabled}" },
              "words": { "enabled": { "1": true, "00": false } } } ]
            """);
        await gw1.Queue.SetReceivingAsync(null, receiving);
        FakeRequest sent = node.Last("flow");
        Assert.Equal((body, receiving ? "?to=1" : "?to=00"), (sent.Body, sent.Query));
    }

    [Theory]
    [InlineData(200, "wrongBuild", true)]
    [InlineData(200, "half", false)]
    [InlineData(409, "wrongBuild", true)]
    [InlineData(500, "wrongBuild", false)]
    public async Task A_refusal_with_a_code_had_no_effect_unless_the_entry_says_so(int status, string code, bool noEffect)
    {
        FakeNode node = new FakeNode().On("start-update", _ => FakeNode.Json(status, $$"""{"fault":"{{code}}"}"""));
        KsmgNode gw1 = Connect(node, """
            "start-update": [ { "failure": "fault && { code: fault } || null", "mayHaveActed": [ "half" ] } ]
            """);
        KsmgApiException e = await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Updates.StartInstallAsync("u1"));
        Assert.Equal((code, noEffect, 1), (e.Code, e.HadNoEffect, node.Count("start-update")));
    }

    [Fact]
    public async Task Half_a_character_in_what_is_read_is_an_unusable_answer_under_the_observed_envelope_too()
    {
        FakeNode node = new FakeNode().On("flow", _ => FakeNode.Json(200, """{"data":{"receiving":"\ud83d","sending":"ON"}}"""));
        KsmgNode gw1 = Connect(node, """ "get-mail-flow": [ { "path": "/web/api/flow", "words": { "sending": { "ON": true } } } ] """);
        KsmgApiException e = await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Queue.GetSwitchesAsync());
        Assert.Contains("not JSON", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_failure_may_mean_that_the_session_is_over()
    {
        int asked = 0;
        FakeNode node = new FakeNode().On(
            "get-about", _ => FakeNode.Json(200, asked++ == 0 ? """{"fault":"unauthorized"}""" : """{"data":{"version":"2.1","build":"2.1.0.7854"}}"""));
        KsmgNode gw1 = Connect(node, """ "get-about": [ { "failure": "fault && { code: fault } || null" } ] """);
        Assert.Equal(new BuildNumber(2, 1, 0, 7854), (await gw1.Updates.GetAboutAsync()).Build);
        Assert.Equal((2, 2), (asked, node.Logins));
    }

    [Theory]
    [InlineData("unix", "1764126000", "2025-11-26T03:00:00Z")]
    [InlineData("unix", "\"1764126000\"", "2025-11-26T03:00:00Z")]
    [InlineData("unix", "1764126000.5", "2025-11-26T03:00:00.5Z")]
    [InlineData("unix-ms", "1764126000250", "2025-11-26T03:00:00.25Z")]
    [InlineData("iso", "\"2025-11-26T05:00:00+02:00\"", "2025-11-26T03:00:00Z")]
    [InlineData("iso", "\"2025-11-26T03:00:00\"", "2025-11-26T03:00:00Z")]
    [InlineData("unix", "0", null)]
    [InlineData("unix", "\"\"", null)]
    [InlineData("unix", "null", null)]
    [InlineData("unix", "\"soon\"", "")]
    [InlineData("unix", "-5", "")]
    [InlineData("unix", "1e30", "")]
    public async Task Times_are_read_as_the_entry_says(string format, string written, string? instant)
    {
        const string Answer = """{"address":"10.0.0.1:9045","clock":WRITTEN,"integrity":{"checkedAt":WRITTEN}}""";
        FakeNode node = new FakeNode().On("get-node-status", Answer.Replace("WRITTEN", written, StringComparison.Ordinal));
        KsmgNode gw1 = Connect(node, $$""" "get-node-status": [ { "times": { "clock": "{{format}}", "integrity.checkedAt": "{{format}}" } } ] """);
        if (instant is "")
        {
            Assert.Contains("clock is", (await Assert.ThrowsAsync<KsmgApiException>(() => gw1.Nodes.GetStatusAsync())).Message, StringComparison.Ordinal);
            return;
        }

        NodeStatus status = await gw1.Nodes.GetStatusAsync();
        DateTimeOffset? expected = instant is null ? null : DateTimeOffset.Parse(instant, CultureInfo.InvariantCulture);
        Assert.Equal((expected, expected), (status.Clock, status.Integrity.CheckedAt));
    }

    [Fact]
    public async Task A_word_in_neither_list_is_kept_and_never_counts_as_good()
    {
        FakeNode node = new FakeNode().On(
            "get-node-status",
            """{"address":"10.0.0.1:9045","state":"FINE","role":"MASTER","services":[{"name":"a","state":"UP"},{"name":"b","state":"FINE"}],"license":7}""");
        KsmgNode gw1 = Connect(node, """
            "get-node-status": [ { "words": { "role": { "MASTER": "control" }, "services.state": { "UP": "running" }, "license": { "7": "active" } } } ]
            """);
        NodeStatus status = await gw1.Nodes.GetStatusAsync();
        Assert.Equal((NodeRole.Control, "FINE", LicenseState.Active), (status.Role, status.State.Value, status.License));
        Assert.Equal([ServiceState.Running, new ServiceState("FINE")], status.Services.Select(s => s.State));
    }

    [Fact]
    public async Task A_call_that_is_missing_is_told_and_not_sent()
    {
        FakeNode node = new FakeNode().On("get-current-user", """{"userName":"a"}""");
        KsmgMissingOperationException e = await Assert.ThrowsAsync<KsmgMissingOperationException>(
            () => Connect(node, """ "get-current-user": [ { "missing": true } ] """).Nodes.GetCurrentUserAsync());
        Assert.Contains("has no get-current-user", e.Message, StringComparison.Ordinal);
        Assert.Equal((true, 0), (e.HadNoEffect, node.Count("get-current-user")));
    }

    [Theory]
    [InlineData(
        """
        "form": { "title": "{fileName} of {sizeBytes}", "none": "{offset}", "archive": "{file}", "sum": "{uploadId}" }, "partType": "application/x-ktgz"
        """,
        "--B\nContent-Disposition: form-data; name=\"title\"\n\nNAME of 5\n--B\nContent-Disposition: form-data; name=\"archive\"; filename=\"NAME\"\n"
        + "Content-Type: application/x-ktgz\n\nBYTES\n--B\nContent-Disposition: form-data; name=\"sum\"\n\nu-1\n--B--\n",
        "multipart/form-data; boundary=B")]
    [InlineData(""" "content": "{file}", "partType": "application/zip", "query": { "n": "{fileName}" } """, "BYTES", "application/zip")]
    [InlineData(
        """ "path": "/web/api/upload-update-package" """,
        "--B\nContent-Disposition: form-data; name=\"file\"; filename=\"NAME\"\nContent-Type: application/octet-stream\n\nBYTES\n--B--\n",
        "multipart/form-data; boundary=B")]
    public async Task A_package_goes_in_as_the_entry_says(string entry, string body, string type)
    {
        byte[] bytes = [0, 1, 2, 3, 4];
        const string Ktgz = "ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz";
        string? sentType = null;
        FakeNode node = new() { Seen = request => sentType = request.Content?.Headers.ContentType?.ToString() ?? sentType };
        node.On("upload-update-package", """{"id":17,"fileName":"x","sizeBytes":5,"complete":true,"sha256":"SUM"}""".Replace(
            "SUM", Convert.ToHexString(SHA256.HashData(bytes)), StringComparison.Ordinal)).On("list-update-packages", """{"packages":[]}""");
        KsmgNode gw1 = Connect(node, "\"upload-update\": [ { " + entry + " } ]");
        using PackageFolder folder = new();
        UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(Ktgz, bytes)));

        Assert.Equal("#17", (await gw1.Updates.UploadAsync("u-1", package.Files[0])).Id);
        FakeRequest sent = node.Last("upload-update-package");
        string boundary = sentType!.Contains('=', StringComparison.Ordinal) ? sentType.Split('=')[1] : "-";
        Assert.Equal(type, sentType.Replace(boundary, "B", StringComparison.Ordinal));
        Assert.Equal(
            body.Replace("\n", "\r\n", StringComparison.Ordinal).Replace("NAME", Ktgz, StringComparison.Ordinal)
                .Replace("BYTES", Encoding.UTF8.GetString(bytes), StringComparison.Ordinal),
            sent.Body.Replace("--" + boundary, "--B", StringComparison.Ordinal));
    }

    /// <summary>Where no list can be asked, the answer alone counts; what it does not tell is as it was sent, but for an id that the node gives.</summary>
    [Theory]
    [InlineData("client", """{}""", "u-1")]
    [InlineData("client", """{"id":17}""", "#17")]
    [InlineData("client", """{"sizeBytes":4}""", null)]
    [InlineData("client", """{"complete":false}""", null)]
    [InlineData("client", """{"id":true}""", null)]
    [InlineData("answer", """{"id":"a/b","sha256":"SUM"}""", "a/b")]
    [InlineData("answer", """{"sha256":"SUM"}""", null)]
    [InlineData("answer", """{"id":17,"sha256":"00"}""", null)]
    public async Task An_answer_to_an_upload_is_enough_where_no_list_can_be_asked(string names, string answer, string? id)
    {
        byte[] bytes = [0, 1, 2, 3, 4];
        FakeNode node = new();
        ManualTime time = new() { Skips = TimeSpan.FromSeconds(4) };
        KsmgNode gw1 = Connect(node, $$""" "upload-update": [ { "upload": { "id": "{{names}}" } } ], "list-updates": [ { "missing": true } ] """, time);
        using PackageFolder folder = new();
        UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add(PackageFolder.Ktgz, bytes)));
        string sum = Convert.ToHexStringLower(SHA256.HashData(bytes));
        node.On("upload-update-package", answer.Replace("SUM", sum, StringComparison.Ordinal)).On("delete-update-package", """{"success":true}""");
        Task<UploadedUpdate> uploading = gw1.Updates.UploadAsync(
            "u-1", package.Files[0], acceptsWithoutSha256: true, installs: false, progress: null, CancellationToken.None);
        if (id is null)
        {
            await Assert.ThrowsAsync<KsmgApiException>(() => uploading);
        }
        else
        {
            Assert.Equal((id, 5, true), ((await uploading).Id, (await uploading).SizeBytes, (await uploading).IsComplete));
            Assert.Equal(id, UploadIds.Parse(gw1.Updates.Kept["u-1"]));
        }

        Assert.Equal(0, node.Count("list-update-packages"));
    }

    [Fact]
    public async Task Nobody_but_a_run_uploads_to_a_node_that_installs_as_it_comes()
    {
        FakeNode node = new();
        KsmgNode gw1 = Connect(node, """ "upload-update": [ { "upload": { "install": "with-upload" } } ], "start-update": [ { "missing": true } ] """);
        using PackageFolder folder = new();
        UpdatePackage package = await UpdatePackage.OpenAsync(folder.Write(new ZipBuilder().Add("ksmg_upgrade_2.0.1.6960_2.1.0.7854.ktgz", new byte[9])));
        KsmgMissingOperationException e = await Assert.ThrowsAsync<KsmgMissingOperationException>(() => gw1.Updates.UploadAsync("u-1", package.Files[0]));
        Assert.Contains("uploading installs", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, node.Count("upload-update-package"));
    }

    [Theory]
    [InlineData(""" "query": {} """, true)]
    [InlineData(""" "query": {}, "path": "/web/api/import/{uploadId}" """, false)]
    [InlineData(""" "query": { "name": "{uploadId}" }, "upload": { "id": "answer" } """, true)]
    [InlineData(""" "path": "/web/api/import" """, false)]
    public async Task Who_names_an_upload_is_seen_by_whether_our_id_is_sent(string entry, bool nodeNames)
    {
        KsmgNode gw1 = Connect(new FakeNode(), $$""" "upload-update": [ { {{entry}} } ] """);

        Assert.Equal(nodeNames, (await gw1.Updates.GetUploadWayAsync(CancellationToken.None)).NodeNames);
    }

    [Theory]
    [InlineData(200)]
    [InlineData(404)]
    public async Task That_an_upload_is_not_there_is_told_by_the_code_whatever_the_status(int status)
    {
        FakeNode node = new FakeNode().On("delete-update-package", _ => FakeNode.Json(status, """{"ok":false,"why":"notFound"}"""));
        KsmgNode gw1 = Connect(node, """ "delete-update": [ { "success": "ok", "failure": "!ok && { code: why, message: why } || null" } ] """);

        Assert.False(await gw1.Updates.DeleteUploadAsync("u-1"));
    }

    [Fact]
    public async Task An_id_of_an_upload_keeps_the_type_that_the_node_gave_it()
    {
        FakeNode node = new FakeNode().On("list-update-packages", """{"packages":[{"id":17},{"id":"17"},{"id":"#a_b"}]}""")
            .On("start-update", """{"success":true}""").On("delete-update-package", """{"success":true}""");
        KsmgNode gw1 = node.Connect();
        string[] ids = [.. (await gw1.Updates.ListUploadsAsync()).Select(u => u.Id)];
        Assert.Equal(["#17", "17", "##a_b"], ids);
        foreach ((string id, string written) in ids.Zip(["17", "\"17\"", "\"#a_b\""]))
        {
            await gw1.Updates.StartInstallAsync(id);
            Assert.Equal($"{{\"id\":{written}}}", node.Last("start-update").Body);
            await gw1.Updates.DeleteUploadAsync(id);
            Assert.Equal($"{{\"id\":{written}}}", node.Last("delete-update-package").Body);
        }
    }

    [Fact]
    public async Task What_an_answer_tells_is_kept_for_the_calls_that_ask_with_it()
    {
        string? task = "41";
        FakeNode node = new FakeNode().On("start-update", _ => FakeNode.Json(200, "{\"data\":{\"success\":true,\"job\":" + (task ?? "null") + "}}"))
            .On("get-update-status", """{"state":"installing"}""");
        KsmgNode gw1 = Connect(node, """
            "start-update": [ { "keep": { "task": "data.job" } } ],
            "get-update-status": [ { "method": "POST", "body": { "task": "{task}", "text": "of {task}" } } ]
            """);
        KsmgMissingOperationException e = await Assert.ThrowsAsync<KsmgMissingOperationException>(() => gw1.Updates.GetStatusAsync());
        Assert.Contains("'task'", e.Message, StringComparison.Ordinal);
        Assert.Equal(0, node.Count("get-update-status"));

        await gw1.Updates.StartInstallAsync("u1");
        Assert.True((await gw1.Updates.GetStatusAsync()).IsRunning);
        Assert.Equal("""{"task":41,"text":"of 41"}""", node.Last("get-update-status").Body);

        KeyValuePair<string, string>[] kept = [.. gw1.Updates.Kept];
        task = null;
        await gw1.Updates.StartInstallAsync("u2");
        await Assert.ThrowsAsync<KsmgMissingOperationException>(() => gw1.Updates.GetStatusAsync());

        KsmgNode successor = Connect(node, """
            "get-update-status": [ { "path": "/web/api/get-update-status", "query": { "t": "{task}" } } ],
            "start-update": [ { "keep": { "task": "x" } } ]
            """);
        successor.Updates.Recall(kept);
        await successor.Updates.GetStatusAsync();
        Assert.Equal("?t=41", node.Last("get-update-status").Query);
    }

    /// <summary>A process that drives a run again, after another one drove it, asks with what the other one was told.</summary>
    [Fact]
    public async Task What_others_wrote_later_counts_more_than_what_this_process_was_told_and_less_than_what_it_was_told_since()
    {
        int task = 41;
        FakeNode node = new FakeNode().On("start-update", _ => FakeNode.Json(200, "{\"data\":{\"success\":true,\"job\":" + task + "}}"))
            .On("get-update-status", """{"state":"installing"}""");
        KsmgNode gw1 = Connect(node, """
            "start-update": [ { "keep": { "task": "data.job" } } ],
            "get-update-status": [ { "path": "/web/api/get-update-status", "query": { "t": "{task}" } } ]
            """);
        await gw1.Updates.StartInstallAsync("u1");
        List<KeyValuePair<string, string>> written = [.. gw1.Updates.Kept, KeyValuePair.Create("task", "42")];
        gw1.Updates.Recall(written);
        Assert.Equal("?t=42", await AskAsync());

        task = 43;
        await gw1.Updates.StartInstallAsync("u2");
        gw1.Updates.Recall(written);
        Assert.Equal("?t=43", await AskAsync());

        async Task<string?> AskAsync()
        {
            await gw1.Updates.GetStatusAsync();
            return node.Last("get-update-status").Query;
        }
    }

    [Fact]
    public void An_inline_entry_keeps_switches_and_numbers()
    {
        KsmgOptions options = Configured(
            """{ "Catalogue": { "set-receiving": [ { "body": { "a": true, "b": 3, "c": "x", "d": [ "{enabled}", false ], "e": "007" } } ] } }""");
        JsonNode body = options.Catalogue["set-receiving"].Single().Body!;
        Assert.Equal("""{"a":true,"b":3,"c":"x","d":["{enabled}",false],"e":"007"}""", body.ToJsonString());
    }

    [Fact]
    public void Words_of_an_inline_entry_may_be_numbers_and_are_an_object_of_objects()
    {
        KsmgOptions options = Configured("""{ "Catalogue": { "get-mail-flow": [ { "words": { "receiving": { "1": true, "0": false } } } ] } }""");
        Assert.Equal("""{"receiving":{"0":false,"1":true}}""", options.Catalogue["get-mail-flow"].Single().Words!.ToJsonString());
        OperationCatalogue.Of(options);

        OptionsValidationException e = Assert.Throws<OptionsValidationException>(
            () => Configured("""{ "Catalogue": { "get-mail-flow": [ { "words": "receiving" } ] } }"""));
        Assert.Contains("Catalogue:get-mail-flow:0:words", e.Message, StringComparison.Ordinal);
    }

    private static KsmgOptions Configured(string json)
    {
        KsmgOptions options = new();
        using MemoryStream stream = new(Encoding.UTF8.GetBytes("{ \"Ksmg\": " + json + " }"));
        KsmgOptions.Shape.From(new ConfigurationBuilder().AddJsonStream(stream).Build().GetSection("Ksmg"))(options);
        return options;
    }

    private string Write(string text)
    {
        string file = Path.Combine(_folder.FullName, "dialect.json");
        File.WriteAllText(file, text);
        return file;
    }

    private KsmgNode Connect(FakeNode node, string operations, TimeProvider? time = null)
    {
        string file = Write("{ \"schema\": 2, \"operations\": { " + operations + " } }");
        return node.Connect(time, configure: o => (o.Dialect, o.AnswerLanguage) = (file, new JmesPathLanguage()));
    }
}
